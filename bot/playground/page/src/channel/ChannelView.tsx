import { useMemo } from "react";
import { hasRoomBeside, showWorlds } from "../app/panels.ts";
import { Composer } from "../composer/Composer.tsx";
import { DropTarget } from "../composer/DropTarget.tsx";
import { offerText } from "../composer/drafts.ts";
import { Guide, type Pick } from "../guide/Guide.tsx";
import { MessageList } from "../messages/MessageList.tsx";
import { channelRows } from "../messages/rows.ts";
import { channelTitle, isAppConversation } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import type { Channel } from "../slack/types.ts";
import { useFirstUnread, useReading } from "../unread/reading.ts";
import { ChannelIntro } from "./ChannelIntro.tsx";
import { SuggestedPrompts } from "./SuggestedPrompts.tsx";

const GENERAL = "C0GENERAL"; // where the guided start takes place

/** A conversation: its messages, and where one writes. */
export function ChannelView({ channel }: { channel: Channel }) {
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  const messages = useSight((sight) => sight.messages[channel.id]);
  const title = channelTitle(channel, people, person);
  const name = channel.is_im ? title : `#${title}`;
  const firstUnread = useFirstUnread(channel.id);
  const rows = useMemo(() => channelRows(messages ?? [], person, firstUnread), [messages, person, firstUnread]);
  useReading(channel.id, messages);
  const intro = useMemo(() => <ChannelIntro channel={channel} title={name} />, [channel, name]);
  return (
    <DropTarget place={channel.id} title={name}>
      {messages ? (
        <MessageList
          key={`${person}-${channel.id}`}
          label={`Messages in ${name}`}
          rows={rows}
          isInThread={false}
          intro={intro}
        />
      ) : (
        <div className="list" aria-busy="true" />
      )}
      {channel.id === GENERAL && <Guide onPick={take} />}
      {isAppConversation(channel) && <SuggestedPrompts channel={channel.id} />}
      {channel.is_archived ? (
        <p className="archived">
          You are viewing <strong>{name}</strong>, an archived channel.
        </p>
      ) : (
        <Composer key={channel.id} to={{ channel: channel.id }} placeholder={`Message ${name}`} />
      )}
    </DropTarget>
  );
}

function take({ text, needsWorlds }: Pick): void {
  offerText(GENERAL, text);
  if (needsWorlds && hasRoomBeside()) showWorlds(true);
}
