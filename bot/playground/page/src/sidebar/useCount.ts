import { useMemo } from "react";
import { useSight } from "../slack/store.ts";
import type { Channel } from "../slack/types.ts";
import { type Count, countUnread, useReadTo, useUnread } from "../unread/unread.ts";

/** What is new in a conversation for the acting person, mentions in its threads included. */
export function useCount(channel: Channel | undefined): Count {
  const id = channel?.id ?? "";
  const person = useSight((sight) => sight.person);
  const messages = useSight((sight) => sight.messages[id]);
  const called = useUnread((unread) => unread.called[person]);
  const readUpTo = useReadTo(id);
  return useMemo(() => {
    const own = countUnread(messages ?? [], person, readUpTo, channel?.is_im ?? false);
    const inThreads = Object.keys(called ?? {}).filter((key) => key.startsWith(`${id}:`)).length;
    return { unread: own.unread + inThreads, calls: own.calls + inThreads };
  }, [messages, person, readUpTo, channel, called, id]);
}
