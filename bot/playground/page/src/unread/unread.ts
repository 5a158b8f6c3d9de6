import { create } from "zustand";
import { threadKey } from "../slack/keys.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";

interface Unread {
  /** The ts up to which each person has read each channel and thread, by person, then by id or thread key. */
  readTo: Record<string, Record<string, string>>;
  /** Mentions in threads that their person has not opened: the ts, by person, then by thread key. */
  called: Record<string, Record<string, string>>;
}

const KEPT = "playground.read";

export const useUnread = create<Unread>(() => ({
  readTo: JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Unread["readTo"],
  called: {},
}));

/** Up to where the acting person has read; an empty text for nowhere. */
export function useReadTo(place: string): string {
  const person = useSight((sight) => sight.person);
  return useUnread((unread) => unread.readTo[person]?.[place] ?? "");
}

export function readTo(person: string, place: string): string {
  return useUnread.getState().readTo[person]?.[place] ?? "";
}

export function markRead(person: string, place: string, ts: string): void {
  const { readTo: all, called } = useUnread.getState();
  if ((all[person]?.[place] ?? "") >= ts) return;
  const { [place]: _gone, ...others } = called[person] ?? {};
  const next = { ...all, [person]: { ...all[person], [place]: ts } };
  useUnread.setState({ readTo: next, called: { ...called, [person]: others } });
  localStorage.setItem(KEPT, JSON.stringify(next));
}

/** Somebody mentions this person in a thread. */
export function noteCall(person: string, channel: string, thread: string, ts: string): void {
  useUnread.setState(({ called }) => ({
    called: { ...called, [person]: { ...called[person], [threadKey(channel, thread)]: ts } },
  }));
}

export interface Count {
  unread: number;
  /** Of these, what is meant for this person alone. */
  calls: number;
}

/** What is new in a channel for this person. */
export function countUnread(messages: Message[], person: string, readUpTo: string, isDirect: boolean): Count {
  const fresh = messages.filter((message) => message.ts > readUpTo && message.user !== person);
  return { unread: fresh.length, calls: isDirect ? fresh.length : fresh.filter((one) => mentions(one, person)).length };
}

export function mentions(message: Message, person: string): boolean {
  return (
    JSON.stringify([message.text, message.blocks ?? ""]).includes(person) ||
    /<!(?:channel|here|everyone)/.test(message.text)
  );
}
