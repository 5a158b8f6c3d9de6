import type { KnownBlock } from "@slack/types";

/** A block as it stands in a message: of a kind we know, or of any other. */
export type AnyBlock = KnownBlock | UnknownBlock;

export interface UnknownBlock {
  type: string;
  block_id?: string;
  [field: string]: unknown;
}

export interface Person {
  id: string;
  name: string;
  real_name: string;
  is_admin: boolean;
  is_restricted: boolean;
  is_bot: boolean;
  is_stranger: boolean;
}

export interface Channel {
  id: string;
  name?: string;
  is_im: boolean;
  is_private: boolean;
  is_archived: boolean;
  is_ext_shared: boolean;
  is_member?: boolean;
  members: string[];
}

export interface SlackFile {
  id: string;
  mode: string;
  name?: string;
  title?: string;
  mimetype?: string;
  pretty_type?: string;
  size?: number;
  alt_txt?: string;
}

export interface Reaction {
  name: string;
  users: string[];
  count: number;
}

export interface Message {
  channel: string;
  ts: string;
  user: string;
  text: string;
  bot_id?: string;
  subtype?: string;
  thread_ts?: string;
  blocks?: AnyBlock[];
  files?: SlackFile[];
  reactions?: Reaction[];
  edited?: { user: string; ts: string };
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  is_ephemeral?: boolean;
}

export interface PlainText {
  type: string;
  text: string;
}

export interface View {
  id: string;
  type: "modal" | "home";
  title?: PlainText | null;
  submit?: PlainText | null;
  close?: PlainText | null;
  blocks: AnyBlock[];
  callback_id: string;
  hash: string;
  clear_on_close: boolean;
  previous_view_id: string | null;
  state: { values: StateValues };
}

/** What was entered in a view: by block id, then by action id. */
export type StateValues = Record<string, Record<string, Record<string, unknown>>>;

export interface SuggestedPrompts {
  title: string;
  prompts: { title: string; message: string }[];
}

/** What the control API of the local Slack tells of the whole workspace. */
export interface Workspace {
  users: Person[];
  channels: Channel[];
  prompts: Record<string, SuggestedPrompts>;
}

/** What the app answered to a command, a click or a submission. */
export interface Ack {
  status: number;
  body: unknown;
  error: string | null;
}

/** One line of the local Slack's stream that the page draws from; calls and deliveries are for the live record. */
export type SlackNews =
  | {
      kind: "message";
      change: "posted" | "changed" | "deleted" | "reaction";
      channel: string;
      ts: string;
      thread_ts: string | null;
      ephemeral_to: string | null;
      message: Message | null;
      root: Message | null;
    }
  | { kind: "channel"; id: string }
  | { kind: "view"; id: string; user: string }
  | { kind: "missed" | "reset" | "call" | "delivery" | "settings" | "closing" };

export const APP_USER = "U0BOT";
