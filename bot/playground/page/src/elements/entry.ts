import type { InputElement, OptionObject } from "../blocks/surface.ts";

/** What somebody entered or chose: a text, an option, ids, a date, files, a rich text. */
export type Entry = string | number | OptionObject | OptionObject[] | string[] | object | null;

// type of element: the field of a view's state that holds the entry, and the field that it begins with
const FIELDS: Record<string, [state: string, initial: string]> = {
  plain_text_input: ["value", "initial_value"],
  email_text_input: ["value", "initial_value"],
  url_text_input: ["value", "initial_value"],
  number_input: ["value", "initial_value"],
  rich_text_input: ["rich_text_value", "initial_value"],
  static_select: ["selected_option", "initial_option"],
  external_select: ["selected_option", "initial_option"],
  radio_buttons: ["selected_option", "initial_option"],
  checkboxes: ["selected_options", "initial_options"],
  multi_static_select: ["selected_options", "initial_options"],
  multi_external_select: ["selected_options", "initial_options"],
  users_select: ["selected_user", "initial_user"],
  multi_users_select: ["selected_users", "initial_users"],
  conversations_select: ["selected_conversation", "initial_conversation"],
  multi_conversations_select: ["selected_conversations", "initial_conversations"],
  channels_select: ["selected_channel", "initial_channel"],
  multi_channels_select: ["selected_channels", "initial_channels"],
  datepicker: ["selected_date", "initial_date"],
  timepicker: ["selected_time", "initial_time"],
  datetimepicker: ["selected_date_time", "initial_date_time"],
  file_input: ["files", ""],
};

/** What an element holds before anybody touches it. */
export function initialEntry(element: InputElement): Entry {
  const field = FIELDS[element.type]?.[1];
  return ((field && element[field]) as Entry | undefined) ?? null;
}

/** What an element holds by the state of its view. */
export function stateEntry(element: InputElement, state: Record<string, unknown> | undefined): Entry {
  const field = FIELDS[element.type]?.[0];
  return ((field && state?.[field]) as Entry | undefined) ?? null;
}

export function isEmpty(entry: Entry): boolean {
  return entry === null || entry === "" || (Array.isArray(entry) && entry.length === 0);
}
