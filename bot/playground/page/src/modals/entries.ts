import type { KnownBlock } from "@slack/types";
import type { InputElement } from "../blocks/surface.ts";
import { type Entry, isEmpty, stateEntry } from "../elements/entry.ts";
import type { View } from "../slack/types.ts";

/** What somebody entered and the local Slack was not told yet, by `block id/action id`. */
export type Entries = Record<string, Entry>;

export function entryKey(blockId: string, element: InputElement): string {
  return `${blockId}/${element.action_id}`;
}

/** What an element of a view holds: what was entered here, or else what the view's state says. */
export function entryIn(view: View, entries: Entries, blockId: string, element: InputElement): Entry {
  const own = entries[entryKey(blockId, element)];
  return own === undefined ? stateEntry(element, view.state.values[blockId]?.[element.action_id ?? ""]) : own;
}

/** The entries of this view's blocks as the control API takes them: by the action id, or by the block where it is one of an input. */
export function valuesOf(view: View, entries: Entries): Record<string, Entry> {
  const values: Record<string, Entry> = {};
  for (const [blockId, element] of inputsOf(view)) {
    const entry = entries[entryKey(blockId, element)];
    if (entry !== undefined) values[blockId] = entry;
  }
  return values;
}

/** What Slack itself finds wrong before it asks the app, by block id. */
export function ownErrors(view: View, entries: Entries): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [blockId, element, isOptional] of inputsOf(view)) {
    const entry = entryIn(view, entries, blockId, element);
    const wrong = isEmpty(entry)
      ? isOptional
        ? null
        : "Please complete this required field."
      : wrongIn(element, String(entry));
    if (wrong) errors[blockId] = wrong;
  }
  return errors;
}

function inputsOf(view: View): [string, InputElement, boolean][] {
  return (view.blocks as KnownBlock[]).flatMap((block) =>
    block.type === "input"
      ? [
          [block.block_id ?? "", block.element as unknown as InputElement, block.optional ?? false] as [
            string,
            InputElement,
            boolean,
          ],
        ]
      : [],
  );
}

function wrongIn(element: InputElement, text: string): string | null {
  const { min_length: shortest, max_length: longest } = element as { min_length?: number; max_length?: number };
  switch (element.type) {
    case "email_text_input":
      return /^\S+@\S+\.\S+$/.test(text) ? null : "Enter a valid email address.";
    case "url_text_input":
      return URL.canParse(text) ? null : "Enter a valid URL.";
    case "number_input":
      return wrongNumber(element, Number(text));
    case "plain_text_input":
      if (shortest && text.length < shortest) return `Use at least ${shortest} characters.`;
      return longest && text.length > longest ? `Use at most ${longest} characters.` : null;
    default:
      return null;
  }
}

function wrongNumber(element: InputElement, number: number): string | null {
  const least = element.min_value === undefined ? Number.NEGATIVE_INFINITY : Number(element.min_value);
  const most = element.max_value === undefined ? Number.POSITIVE_INFINITY : Number(element.max_value);
  if (Number.isNaN(number)) return "Enter a number.";
  if (!element.is_decimal_allowed && !Number.isInteger(number)) return "Enter a whole number.";
  if (number < least) return `Enter a number of at least ${least}.`;
  return number > most ? `Enter a number of at most ${most}.` : null;
}
