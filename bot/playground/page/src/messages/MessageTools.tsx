import { useState } from "react";
import { goTo } from "../app/place.ts";
import { ConfirmDialog } from "../elements/ConfirmDialog.tsx";
import { Emoji } from "../emoji/Emoji.tsx";
import { EmojiPicker } from "../emoji/EmojiPicker.tsx";
import { useManifest } from "../manifest/manifest.ts";
import { Icon } from "../parts/Icon.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { Menu, type MenuItem } from "../parts/Menu.tsx";
import { ask } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";
import { deleteMessage, toggleReaction, tried } from "./deeds.ts";
import { edit } from "./editing.ts";

const AT_HAND = ["white_check_mark", "eyes", "raised_hands"];
const SURE = {
  title: { type: "plain_text" as const, text: "Delete message" },
  text: { type: "plain_text" as const, text: "Are you sure you want to delete this message? This cannot be undone." },
  confirm: { type: "plain_text" as const, text: "Delete" },
  style: "danger" as const,
};

interface ToolsProps {
  message: Message;
  isInThread: boolean;
  /** Something of it is open: it must stay, wherever the pointer goes. */
  onHold: (isHeld: boolean) => void;
}

/** What one can do with a message, at its corner while the pointer or the focus is on it. */
export function MessageTools({ message, isInThread, onHold }: ToolsProps) {
  const [isAsked, setAsked] = useState(false);
  const turnQuestion = (isOpen: boolean) => {
    setAsked(isOpen);
    onHold(isOpen);
  };
  const more = useMore(message, () => turnQuestion(true));
  if (message.is_ephemeral || message.subtype === "tombstone") return null;
  return (
    <div className="message-tools" role="group" aria-label="Message actions">
      {AT_HAND.map((name) => (
        <button
          key={name}
          type="button"
          className="icon-button is-quick"
          aria-label={`React with ${name.replaceAll("_", " ")}`}
          title={`:${name}:`}
          onClick={() => void toggleReaction(message, name)}
        >
          <Emoji name={name} />
        </button>
      ))}
      <EmojiPicker
        className="icon-button"
        label="Find another reaction"
        onChoose={(name) => void toggleReaction(message, name)}
        onToggle={onHold}
      />
      {!isInThread && (
        <IconButton
          icon="thread"
          label="Reply in thread"
          onClick={() => goTo({ channel: message.channel, thread: message.thread_ts ?? message.ts })}
        />
      )}
      {more.length > 0 && (
        <Menu
          label="More actions"
          title="More actions"
          items={more}
          align="end"
          className="icon-button"
          onToggle={onHold}
        >
          <Icon name="dots" />
        </Menu>
      )}
      {isAsked && (
        <ConfirmDialog
          confirm={SURE}
          onAnswer={(isYes) => {
            turnQuestion(false);
            if (isYes) void deleteMessage(message);
          }}
        />
      )}
    </div>
  );
}

function useMore(message: Message, onDelete: () => void): MenuItem[] {
  const shortcuts = useManifest((manifest) => manifest.shortcuts);
  const app = useManifest((manifest) => manifest.name);
  const person = useSight((sight) => sight.person);
  const isAdmin = useSight((sight) => sight.people[sight.person]?.is_admin);
  const isOwn = message.user === person;
  const place = { user: person, channel: message.channel, ts: message.ts };
  return [
    ...(isOwn
      ? [{ label: "Edit message", icon: "edit" as const, onChoose: () => edit(message.channel, message.ts) }]
      : []),
    ...shortcuts
      .filter((shortcut) => shortcut.type === "message")
      .map(({ name, callback_id }) => ({
        label: name,
        detail: app,
        onChoose: () => void tried(() => ask("shortcut", { ...place, callback_id })),
      })),
    ...(isOwn || isAdmin
      ? [{ label: "Delete message …", icon: "trash" as const, isDanger: true, onChoose: onDelete }]
      : []),
  ];
}
