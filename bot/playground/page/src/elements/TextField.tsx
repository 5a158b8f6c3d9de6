import { type KeyboardEvent, useState } from "react";
import { useField } from "../blocks/field.ts";
import { type InputElement, type TextObject, useSurface } from "../blocks/surface.ts";
import { useElement, useNames } from "./useElement.tsx";

const INPUT_TYPES: Record<string, "text" | "email" | "url" | "number"> = {
  email_text_input: "email",
  url_text_input: "url",
  number_input: "number",
};
const COUNTED_FROM = 0.8; // of the longest text, from where on the room that is left is shown

/** A text, an address or a number. The app hears of it on Enter, or with each letter, where it asked to. */
export function TextField({ element, blockId }: { element: InputElement; blockId: string }) {
  const { enter } = useSurface();
  const field = useField();
  const { entry, change } = useElement(element, blockId);
  const [shown, setShown] = useState<string | null>(null);
  const text = String(entry ?? "");
  const triggers = (element.dispatch_action_config as { trigger_actions_on?: string[] } | undefined)
    ?.trigger_actions_on;
  const isHeardByLetter = field?.dispatches && triggers?.includes("on_character_entered");
  const isHeardOnEnter = field?.dispatches && (triggers?.includes("on_enter_pressed") ?? true);
  const write = (next: string) => (isHeardByLetter ? change(next || null) : enter(blockId, element, next || null));
  const longest = element.max_length as number | undefined;
  const shared = {
    ...useNames((element.placeholder as TextObject | undefined)?.text ?? "Text"),
    placeholder: (element.placeholder as TextObject | undefined)?.text,
    maxLength: longest,
    value: shown ?? text,
    autoFocus: Boolean(element.focus_on_load),
    onBlur: () => setShown(null),
    onChange: (event: { target: { value: string } }) => {
      setShown(event.target.value);
      write(event.target.value);
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Enter" || event.shiftKey || !isHeardOnEnter) return;
      event.preventDefault();
      change(text || null);
    },
  };
  return (
    <div className="text-field">
      {element.multiline ? (
        <textarea className="field" rows={4} {...shared} />
      ) : (
        <input
          className="field"
          type={INPUT_TYPES[element.type] ?? "text"}
          step={element.is_decimal_allowed ? "any" : 1}
          min={element.min_value as string | undefined}
          max={element.max_value as string | undefined}
          {...shared}
        />
      )}
      {longest !== undefined && text.length > longest * COUNTED_FROM && (
        <span className="field-room">{longest - text.length}</span>
      )}
    </div>
  );
}
