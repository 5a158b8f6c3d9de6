import { type FocusEvent, memo, useState } from "react";
import { Blocks } from "../blocks/Blocks.tsx";
import { focusComposer } from "../composer/drafts.ts";
import { Attached } from "../media/Attached.tsx";
import { Mrkdwn } from "../mrkdwn/Mrkdwn.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Avatar } from "../people/Avatar.tsx";
import { nameOf, usePerson } from "../people/names.ts";
import { threadKey } from "../slack/keys.ts";
import type { Message as SlackMessage } from "../slack/types.ts";
import { EditMessage } from "./EditMessage.tsx";
import { endEditing, useIsEditing } from "./editing.ts";
import { isJumbo } from "./jumbo.ts";
import { MessageSurface } from "./MessageSurface.tsx";
import { MessageTools } from "./MessageTools.tsx";
import { Reactions } from "./Reactions.tsx";
import { ThreadSummary } from "./ThreadSummary.tsx";
import { clock, fullTime, shortClock } from "./times.ts";
import "./message.css";

interface MessageProps {
  message: SlackMessage;
  /** Stands below another of the same author: without picture and name. */
  follows: boolean;
  isInThread: boolean;
  isActive: boolean;
}

/** One message with everything that belongs to it. */
export const Message = memo(function Message({ message, follows, isInThread, isActive }: MessageProps) {
  const author = usePerson(message.user);
  const isEditing = useIsEditing(message.channel, message.ts);
  const name = nameOf(author, message.user);
  const near = useNearness();
  return (
    <article
      className={`message ${follows ? "is-following" : ""} ${message.is_ephemeral ? "is-ephemeral" : ""} ${isEditing ? "is-editing" : ""}`}
      data-ts={message.ts}
      {...near.watch}
      tabIndex={isActive ? 0 : -1}
      aria-label={`${name}, ${clock(message.ts)}`}
    >
      {message.is_ephemeral && (
        <p className="message-note">
          <Icon name="eye" size={14} /> Only visible to you
        </p>
      )}
      <div className="message-side">
        {follows ? <time title={fullTime(message.ts)}>{shortClock(message.ts)}</time> : <Avatar person={author} />}
      </div>
      <div className="message-main">
        {!follows && (
          <div className="message-head">
            <span className="message-author">{name}</span>
            {message.bot_id && <span className="app-badge">App</span>}
            <time className="message-time" title={fullTime(message.ts)}>
              {clock(message.ts)}
            </time>
          </div>
        )}
        {isEditing ? (
          <EditMessage message={message} onDone={() => doneEditing(message, isInThread)} />
        ) : (
          <Content message={message} />
        )}
        {message.reactions && <Reactions message={message} reactions={message.reactions} />}
        {!isInThread && message.latest_reply && <ThreadSummary message={message} latest={message.latest_reply} />}
      </div>
      {near.isNear && !isEditing && <MessageTools message={message} isInThread={isInThread} onHold={near.hold} />}
    </article>
  );
});

/** Back to where one writes. */
function doneEditing({ channel, ts, thread_ts: root }: SlackMessage, isInThread: boolean): void {
  endEditing();
  focusComposer(isInThread ? threadKey(channel, root ?? ts) : channel);
}

/** Whether the pointer or the focus is on a message, or something that it opened is still open. */
function useNearness() {
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const [isHeld, hold] = useState(false);
  const watch = {
    onPointerEnter: () => setPointed(true),
    onPointerLeave: () => setPointed(false),
    onFocus: () => setFocused(true),
    onBlur: (event: FocusEvent<HTMLElement>) => setFocused(event.currentTarget.contains(event.relatedTarget)),
  };
  return { isNear: isPointed || isFocused || isHeld, hold, watch };
}

function Content({ message }: { message: SlackMessage }) {
  const edited = message.edited && <span className="message-edited">(edited)</span>;
  return (
    <>
      {message.blocks ? (
        <MessageSurface message={message}>
          <Blocks blocks={message.blocks} />
          {edited}
        </MessageSurface>
      ) : (
        message.text && (
          <div
            className={`message-text ${isJumbo(message.text) ? "is-jumbo" : ""} ${message.subtype === "tombstone" ? "soft" : ""}`}
          >
            <Mrkdwn text={message.text} /> {edited}
          </div>
        )
      )}
      {message.files && <Attached files={message.files} />}
    </>
  );
}
