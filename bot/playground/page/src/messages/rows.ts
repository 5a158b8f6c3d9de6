import type { Message } from "../slack/types.ts";
import { dateOf, isSameDay } from "./times.ts";

/** One line of a conversation as it is drawn. */
export type Row =
  | { kind: "intro"; key: string }
  | { kind: "day"; key: string; ts: string }
  | { kind: "new"; key: string }
  | { kind: "replies"; key: string; count: number }
  | { kind: "message"; key: string; message: Message; follows: boolean };

const FOLLOWS_WITHIN_MS = 5 * 60_000;

/** The introduction, then messages with a rule before each day and before what is new; `readTo` is null where nothing is new. */
export function channelRows(messages: Message[], person: string, readTo: string | null): Row[] {
  const rows: Row[] = [{ kind: "intro", key: "intro" }];
  let before: Message | undefined;
  let isMarked = readTo === null;
  for (const message of messages) {
    const isNewDay = !before || !isSameDay(before.ts, message.ts);
    if (isNewDay) rows.push({ kind: "day", key: `day-${message.ts}`, ts: message.ts });
    const isFirstNew = !isMarked && message.ts > (readTo ?? "") && message.user !== person;
    if (isFirstNew) rows.push({ kind: "new", key: "new" });
    isMarked ||= isFirstNew;
    const follows = !isNewDay && !isFirstNew && before !== undefined && isFollowUp(before, message);
    rows.push({ kind: "message", key: message.ts, message, follows });
    before = message;
  }
  return rows;
}

/** The root, how many replies it has, and the replies. */
export function threadRows(messages: Message[]): Row[] {
  const [root, ...replies] = messages;
  if (!root) return [];
  const rows: Row[] = [{ kind: "message", key: root.ts, message: root, follows: false }];
  if (replies.length > 0) rows.push({ kind: "replies", key: "replies", count: replies.length });
  replies.forEach((message, index) => {
    const before = replies[index - 1];
    rows.push({
      kind: "message",
      key: message.ts,
      message,
      follows: before !== undefined && isFollowUp(before, message),
    });
  });
  return rows;
}

function isFollowUp(before: Message, message: Message): boolean {
  const isNear = dateOf(message.ts).getTime() - dateOf(before.ts).getTime() < FOLLOWS_WITHIN_MS;
  const isPlain = !before.reply_count && !message.is_ephemeral && !before.is_ephemeral;
  return isNear && isPlain && before.user === message.user;
}
