import { useState } from "react";
import { readable, storable } from "../composer/wording.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";
import { editMessage } from "./deeds.ts";

/** Another text for one's own message. Enter keeps it, Escape leaves it as it was. */
export function EditMessage({ message, onDone }: { message: Message; onDone: () => void }) {
  const { people, channels } = useSight.getState();
  const [text, setText] = useState(() => readable(message.text, people, channels));
  const keep = async () => {
    const isKept = await editMessage(message, storable(text.trim(), people, channels));
    if (isKept) onDone();
  };
  return (
    <form
      className="edit-message"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <textarea
        className="field"
        aria-label="Edit message"
        // biome-ignore lint/a11y/noAutofocus: it opens because somebody asked to write here
        autoFocus
        onFocus={({ currentTarget: field }) => field.setSelectionRange(field.value.length, field.value.length)}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            onDone();
          }
          if (event.key === "Enter" && !event.shiftKey) {
            event.preventDefault();
            void keep();
          }
        }}
      />
      <div className="edit-buttons">
        <button type="button" className="button is-small" onClick={onDone}>
          Cancel
        </button>
        <button type="submit" className="button is-small is-primary" disabled={text.trim() === ""}>
          Save
        </button>
      </div>
    </form>
  );
}
