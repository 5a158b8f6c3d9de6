import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import type { OptionObject } from "../blocks/surface.ts";
import { Icon } from "../parts/Icon.tsx";
import { Popover } from "../parts/Popover.tsx";
import { nextIndex } from "../parts/roving.ts";
import { OptionBox } from "./OptionBox.tsx";
import type { Group } from "./options.ts";
import "./combobox.css";

interface ComboboxProps {
  chosen: OptionObject[];
  isMulti: boolean;
  most: number;
  load: (typed: string) => Promise<Group[]>;
  shortestQuery: number;
  placeholder: string;
  names: object;
  onChange: (chosen: OptionObject[]) => void;
}

const TYPING_PAUSE_MS = 120;

/** A field that one types into to find an option. Arrows move, Enter chooses, Escape closes, Backspace takes back. */
export function Combobox({ chosen, isMulti, most, load, shortestQuery, placeholder, names, onChange }: ComboboxProps) {
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const frame = useRef<HTMLSpanElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const isTooShort = typed.length < shortestQuery;
  const { groups, hasFailed } = useLoaded(load, typed, isOpen && !isTooShort);
  const options = groups?.flatMap((group) => group.options) ?? [];
  const only = isMulti ? undefined : chosen[0];

  const open = () => {
    setOpen(true);
    setActive(0);
  };
  const close = () => {
    setOpen(false);
    setTyped("");
  };
  const choose = (option: OptionObject) => {
    const isThere = chosen.some((one) => one.value === option.value);
    if (!isMulti) onChange([option]);
    else if (isThere) onChange(chosen.filter((one) => one.value !== option.value));
    else if (chosen.length < most) onChange([...chosen, option]);
    if (isMulti) setTyped("");
    else close();
    input.current?.focus();
  };
  const typedKey = (event: KeyboardEvent) => {
    if (event.key === "Backspace" && typed === "" && chosen.length > 0) {
      onChange(chosen.slice(0, -1));
      return;
    }
    if (event.key === "Tab") {
      close();
      return;
    }
    if (!isOpen) {
      if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) {
        event.preventDefault();
        open();
      }
      return;
    }
    const option = options[active];
    if (event.key === "Enter") {
      event.preventDefault();
      if (option) choose(option);
      return;
    }
    const next = event.key.startsWith("Arrow") ? nextIndex(event.key, active, options.length) : null;
    if (next === null) return;
    event.preventDefault();
    setActive(next);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a click beside the text means the text field in it
    // biome-ignore lint/a11y/useKeyWithClickEvents: the text field itself takes the keyboard
    <span ref={frame} className={`combobox ${isOpen ? "is-open" : ""}`} onClick={() => input.current?.focus()}>
      {isMulti && chosen.map((option) => <Chip key={option.value} option={option} onRemove={() => choose(option)} />)}
      <input
        {...names}
        ref={input}
        role="combobox"
        type="text"
        autoComplete="off"
        aria-expanded={isOpen}
        aria-autocomplete="list"
        aria-controls={isOpen ? listId : undefined}
        aria-activedescendant={isOpen && options[active] ? `${listId}-${active}` : undefined}
        placeholder={only ? only.text.text : isMulti && chosen.length > 0 ? "" : placeholder}
        className={only && typed === "" && !isOpen ? "has-choice" : ""}
        value={isOpen ? typed : (only?.text.text ?? "")}
        onClick={open}
        onChange={(event) => {
          if (!isOpen) open();
          setTyped(event.target.value);
          setActive(0);
        }}
        onKeyDown={typedKey}
      />
      <Icon name="down" size={16} />
      {isOpen && (
        <Popover anchor={frame} onClose={close} isFitted>
          <OptionBox
            id={listId}
            groups={groups}
            active={active}
            chosen={chosen}
            note={hasFailed ? "The app did not answer." : isTooShort ? `Type ${shortestQuery} letters or more` : null}
            onChoose={choose}
            onPoint={setActive}
          />
        </Popover>
      )}
    </span>
  );
}

function Chip({ option, onRemove }: { option: OptionObject; onRemove: () => void }) {
  return (
    <span className="chip">
      {option.text.text}
      <button type="button" aria-label={`Remove ${option.text.text}`} onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

/** The options for what is typed; null while they are on their way. An answer to older letters is not shown. */
function useLoaded(load: (typed: string) => Promise<Group[]>, typed: string, isWanted: boolean) {
  const [loaded, setLoaded] = useState<{ groups: Group[] | null; hasFailed: boolean }>({
    groups: null,
    hasFailed: false,
  });
  useEffect(() => {
    if (!isWanted) return;
    let isCurrent = true;
    const timer = setTimeout(
      () =>
        load(typed).then(
          (groups) => isCurrent && setLoaded({ groups, hasFailed: false }),
          () => isCurrent && setLoaded({ groups: [], hasFailed: true }),
        ),
      typed ? TYPING_PAUSE_MS : 0,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [load, typed, isWanted]);
  return loaded;
}
