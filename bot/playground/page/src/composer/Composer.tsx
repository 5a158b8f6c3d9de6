import { type ClipboardEvent, type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { EmojiPicker } from "../emoji/EmojiPicker.tsx";
import { tried } from "../messages/deeds.ts";
import { edit } from "../messages/editing.ts";
import { Icon } from "../parts/Icon.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { ask } from "../slack/control.ts";
import { threadKey } from "../slack/keys.ts";
import { useSight } from "../slack/store.ts";
import { AttachedFiles } from "./AttachedFiles.tsx";
import { CommandHelp } from "./CommandHelp.tsx";
import { focusComposer, useDrafts, writeDraft } from "./drafts.ts";
import { addFiles, clearFiles, useFiles } from "./files.ts";
import { Offers } from "./Offers.tsx";
import type { Offer } from "./offers.ts";
import { type Destination, send } from "./send.ts";
import { useCompletion } from "./useCompletion.ts";
import "./composer.css";

interface ComposerProps {
  to: Destination;
  placeholder: string;
}

/** Where one writes. Enter sends, Shift+Enter begins a line, arrow up in an empty one edits the last own message. */
export function Composer({ to, placeholder }: ComposerProps) {
  const place = to.thread ? threadKey(to.channel, to.thread) : to.channel;
  const text = useDrafts((drafts) => drafts.texts[place] ?? "");
  const files = useFiles((kept) => kept.files[place] ?? NONE);
  const [caret, setCaret] = useState(text.length);
  const field = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const id = useId();
  const completion = useCompletion(text, caret);
  const isOffering = completion.offers.length > 0;
  const isEmpty = text.trim() === "" && files.length === 0;
  useWantedFocus(place, field);

  const write = (next: string, at = next.length) => {
    writeDraft(place, next);
    setCaret(at);
    requestAnimationFrame(() => field.current?.setSelectionRange(at, at));
  };
  const insert = (piece: string) => {
    const at = field.current?.selectionStart ?? text.length;
    const gap = at > 0 && !/\s$/.test(text.slice(0, at)) ? " " : "";
    write(text.slice(0, at) + gap + piece + text.slice(at), at + gap.length + piece.length);
    field.current?.focus();
  };
  const choose = (offer: Offer) => {
    const rest = text.slice(caret).replace(/^\s/, "");
    const head = text.slice(0, completion.from) + offer.text;
    write(head + rest, head.length);
    const { shortcut } = offer;
    const { person } = useSight.getState();
    if (shortcut) void tried(() => ask("shortcut", { user: person, callback_id: shortcut.callback_id }));
  };
  const submit = async () => {
    if (isEmpty) return;
    write("");
    clearFiles(place);
    const isSent = await tried(() => send(text, files, to));
    if (!isSent) {
      writeDraft(place, text);
      addFiles(place, files);
    }
  };
  const typed = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (isOffering && offering(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void submit();
    } else if (event.key === "ArrowUp" && text === "") {
      event.preventDefault();
      editLast(to);
    }
  };
  /** Keys that the list above takes. */
  const offering = (event: KeyboardEvent): boolean => {
    const offer = completion.offers[completion.active];
    const isWhole = offer?.text.trim() === text.slice(completion.from).trim(); // what is written out is sent
    if (completion.move(event.key)) event.preventDefault();
    else if (event.key === "Escape") completion.close();
    else if (offer && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey && !isWhole))) choose(offer);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  const pasted = (event: ClipboardEvent) => {
    if (event.clipboardData.files.length === 0) return;
    event.preventDefault();
    addFiles(place, [...event.clipboardData.files]);
  };

  return (
    <div className="composer">
      {isOffering && <Offers id={`${id}-offers`} completion={completion} onChoose={choose} />}
      {!isOffering && <CommandHelp text={text} onAdd={(flag) => insert(`${flag} `)} />}
      <div className="composer-box">
        <textarea
          ref={field}
          rows={1}
          aria-label={placeholder}
          aria-autocomplete="list"
          aria-controls={isOffering ? `${id}-offers` : undefined}
          aria-activedescendant={isOffering ? `${id}-offers-${completion.active}` : undefined}
          placeholder={placeholder}
          value={text}
          onChange={(event) => write(event.target.value, event.target.selectionStart)}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={typed}
          onPaste={pasted}
        />
        <AttachedFiles place={place} files={files} />
        <div className="composer-row">
          <IconButton icon="add" label="Attach files" onClick={() => picker.current?.click()} />
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => addFiles(place, [...(event.target.files ?? [])])}
          />
          <EmojiPicker className="icon-button" label="Emoji" onChoose={(name) => insert(`:${name}: `)} />
          <IconButton icon="at" label="Mention somebody" onClick={() => insert("@")} />
          <IconButton
            icon="slash"
            label="Run a shortcut or a command"
            onClick={() => {
              write(text.startsWith("/") ? text : `/${text}`, 1);
              focusComposer(place);
            }}
          />
          <span className="composer-gap" />
          <button
            type="button"
            className="composer-send"
            aria-label="Send now"
            title="Send now"
            disabled={isEmpty}
            onClick={() => void submit()}
          >
            <Icon name="send" size={18} />
          </button>
        </div>
      </div>
    </div>
  );
}

const NONE: File[] = [];

/** Takes the focus whenever somebody wishes it for this place. */
function useWantedFocus(place: string, field: React.RefObject<HTMLTextAreaElement | null>): void {
  const wanted = useDrafts((drafts) => drafts.wanted);
  const done = useRef(0);
  useEffect(() => {
    if (wanted.place !== place || wanted.count === done.current) return;
    done.current = wanted.count;
    field.current?.focus();
  }, [wanted, place, field]);
  useLayoutEffect(() => {
    field.current?.setSelectionRange(-1, -1);
  }, [field]);
}

function editLast({ channel, thread }: Destination): void {
  const { messages, threads, person } = useSight.getState();
  const list = thread ? threads[threadKey(channel, thread)] : messages[channel];
  const last = list?.findLast((message) => message.user === person);
  if (last) edit(channel, last.ts);
}
