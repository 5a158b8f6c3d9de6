import { useEffect, useState } from "react";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";
import { markRead, readTo } from "./unread.ts";

/** Marks a place as read while it is open and the window is seen. */
export function useReading(place: string, messages: Message[] | undefined): void {
  const person = useSight((sight) => sight.person);
  const last = messages?.at(-1)?.ts;
  useEffect(() => {
    if (!last) return;
    const read = () => {
      if (document.visibilityState === "visible") markRead(person, place, last);
    };
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [person, place, last]);
}

/** Up to where a place was read when it was opened: there the line “New” stays. Null when it was never read before. */
export function useFirstUnread(place: string): string | null {
  const person = useSight((sight) => sight.person);
  const visit = `${person}/${place}`;
  const [seen, setSeen] = useState(() => ({ visit, ts: readTo(person, place) }));
  if (seen.visit !== visit) setSeen({ visit, ts: readTo(person, place) });
  return seen.ts || null;
}
