import { useEffect, useMemo } from "react";
import { goTo } from "../app/place.ts";
import { Composer } from "../composer/Composer.tsx";
import { DropTarget } from "../composer/DropTarget.tsx";
import { focusComposer } from "../composer/drafts.ts";
import { MessageList } from "../messages/MessageList.tsx";
import { threadRows } from "../messages/rows.ts";
import { IconButton } from "../parts/IconButton.tsx";
import { channelTitle } from "../people/names.ts";
import { threadKey } from "../slack/keys.ts";
import { useSight } from "../slack/store.ts";
import { readThread } from "../slack/sync.ts";
import type { Channel } from "../slack/types.ts";
import { useReading } from "../unread/reading.ts";
import "./thread.css";

/** A thread beside its channel, or in its place on a phone. */
export function ThreadPane({ channel, ts }: { channel: Channel; ts: string }) {
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  const key = threadKey(channel.id, ts);
  const messages = useSight((sight) => sight.threads[key]);
  const rows = useMemo(() => threadRows(messages ?? []), [messages]);
  const title = channelTitle(channel, people, person);
  useReading(key, messages);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another person sees other ephemeral messages in it
  useEffect(() => {
    void readThread(channel.id, ts);
    if (hasKeyboard()) focusComposer(key);
  }, [channel.id, ts, key, person]);
  return (
    <aside className="shell-pane" aria-label="Thread" data-region>
      <header className="thread-head">
        <span className="only-phone">
          <IconButton icon="back" label="Back to the channel" onClick={() => goTo({ channel: channel.id })} />
        </span>
        <h2>Thread</h2>
        <span className="soft">{channel.is_im ? title : `#${title}`}</span>
        <span className="channel-gap" />
        <IconButton icon="close" label="Close thread" onClick={() => goTo({ channel: channel.id })} />
      </header>
      <DropTarget place={key} title="the thread">
        {messages ? (
          <MessageList key={`${person}-${key}`} label="Messages in the thread" rows={rows} isInThread />
        ) : (
          <div className="list" aria-busy="true" />
        )}
        {!channel.is_archived && <Composer key={key} to={{ channel: channel.id, thread: ts }} placeholder="Reply …" />}
      </DropTarget>
    </aside>
  );
}

/** On a phone the keyboard would cover the thread that was just opened. */
function hasKeyboard(): boolean {
  return window.matchMedia("(hover: hover)").matches;
}
