import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { Icon } from "../parts/Icon.tsx";
import { Popover } from "../parts/Popover.tsx";
import { Emoji } from "./Emoji.tsx";
import { findEmoji } from "./names.ts";
import "./emoji-picker.css";

// what people react with most, and the sign that stops a job
const OFTEN =
  "+1 -1 heart joy tada eyes white_check_mark raised_hands fire rocket clap pray octagonal_sign movie_camera clapper speaker microphone thinking_face sweat_smile wave ok_hand 100 star sparkles bulb hourglass warning x question heavy_plus_sign muscle slightly_smiling_face smile sob scream heart_eyes point_up coffee".split(
    " ",
  );
const COLUMNS = 8;
const FOUND_MOST = 64;

interface EmojiPickerProps {
  className: string;
  label: string;
  onChoose: (name: string) => void;
  onToggle?: (isOpen: boolean) => void;
}

/** A button that opens all emoji, found by their names. */
export function EmojiPicker({ className, label, onChoose, onToggle }: EmojiPickerProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const turn = (open: boolean) => {
    setOpen(open);
    onToggle?.(open);
    if (!open) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => turn(!isOpen)}
      >
        <Icon name="smile" />
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={() => turn(false)} align="end" side="above">
          <EmojiGrid
            onChoose={(name) => {
              turn(false);
              onChoose(name);
            }}
          />
        </Popover>
      )}
    </>
  );
}

function EmojiGrid({ onChoose }: { onChoose: (name: string) => void }) {
  const [letters, setLetters] = useState("");
  const grid = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []); // not before the popover stands
  const shown = letters ? findEmoji(letters, FOUND_MOST) : OFTEN;
  const move = (event: KeyboardEvent) => {
    const all = [...(grid.current?.querySelectorAll("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at < 0 ? 1 : COLUMNS, ArrowUp: -COLUMNS }[event.key];
    const isTyping = at < 0 && event.key !== "ArrowDown";
    if (step === undefined || isTyping) return;
    event.preventDefault();
    all[Math.max(0, Math.min(all.length - 1, at + step))]?.focus();
  };
  return (
    <div className="emoji-picker" role="dialog" aria-label="Emoji" onKeyDown={move}>
      <input
        ref={field}
        className="field"
        type="search"
        placeholder="Search all emoji"
        aria-label="Search all emoji"
        value={letters}
        onChange={(event) => setLetters(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter" || !shown[0]) return;
          event.preventDefault(); // or the button that takes the focus back would be pressed
          onChoose(shown[0]);
        }}
      />
      <div ref={grid} className="emoji-grid">
        {shown.map((name) => (
          <button
            key={name}
            type="button"
            aria-label={name.replaceAll("_", " ")}
            title={`:${name}:`}
            onClick={() => onChoose(name)}
          >
            <Emoji name={name} />
          </button>
        ))}
      </div>
      {shown.length === 0 && <p className="option-note">No emoji has this name.</p>}
    </div>
  );
}
