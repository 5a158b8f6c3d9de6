import { threadKey } from "./keys.ts";
import type { Sight } from "./store.ts";
import type { Message, SlackNews } from "./types.ts";

export type MessageNews = Extract<SlackNews, { kind: "message" }>;
type Lists = Pick<Sight, "messages" | "threads">;

/** The channels and threads after one piece of news; lists that were not read yet stay away. */
export function withNews(lists: Lists, person: string, news: MessageNews): Lists {
  if (news.ephemeral_to !== null && news.ephemeral_to !== person) return lists;
  const { channel, ts, thread_ts: threadTs, message, root } = news;
  const isReply = threadTs !== null && threadTs !== ts;
  const inChannel = !isReply || message?.subtype === "thread_broadcast";
  let messages = lists.messages;
  let threads = lists.threads;
  if (inChannel || message === null) messages = change(messages, channel, ts, message);
  if (isReply) {
    threads = change(threads, threadKey(channel, threadTs), ts, message);
    if (root) {
      messages = change(messages, channel, threadTs, root);
      threads = change(threads, threadKey(channel, threadTs), threadTs, root);
    }
  } else {
    threads = change(threads, threadKey(channel, ts), ts, message);
  }
  return { messages, threads };
}

function change(lists: Record<string, Message[]>, key: string, ts: string, message: Message | null) {
  const list = lists[key];
  return list === undefined ? lists : { ...lists, [key]: message ? put(list, message) : without(list, ts) };
}

/** The list with this message in its place, in the order of ts. */
export function put(list: Message[], message: Message): Message[] {
  const index = list.findLastIndex((other) => other.ts <= message.ts);
  const isThere = list[index]?.ts === message.ts;
  return isThere ? list.with(index, message) : list.toSpliced(index + 1, 0, message);
}

function without(list: Message[], ts: string): Message[] {
  return list.some((message) => message.ts === ts) ? list.filter((message) => message.ts !== ts) : list;
}
