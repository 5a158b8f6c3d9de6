import type { RichTextElement } from "@slack/types";
import type { ReactNode } from "react";
import { Emoji } from "../emoji/Emoji.tsx";
import { formatDate } from "../mrkdwn/dates.ts";
import { Plain } from "../mrkdwn/Mrkdwn.tsx";
import { Anchor } from "../mrkdwn/Nodes.tsx";
import { Json } from "../parts/Json.tsx";
import { ChannelMention, PersonMention } from "../people/Mention.tsx";

/** A piece of rich text with its style. */
export function RichTextPart({ part }: { part: RichTextElement }) {
  const { bold, italic, strike, code } = { ...part.style };
  let drawn: ReactNode = <Bare part={part} />;
  if (code) drawn = <code className="code">{drawn}</code>;
  if (strike) drawn = <s>{drawn}</s>;
  if (italic) drawn = <em>{drawn}</em>;
  return bold ? <strong>{drawn}</strong> : drawn;
}

function Bare({ part }: { part: RichTextElement }) {
  switch (part.type) {
    case "text":
      return <Plain text={part.text} hasEmoji={false} />;
    case "link":
      return <Anchor url={part.url}>{part.text ?? part.url}</Anchor>;
    case "emoji":
      return <Emoji name={part.name} />;
    case "user":
      return <PersonMention id={part.user_id} label={null} />;
    case "channel":
      return <ChannelMention id={part.channel_id} label={null} />;
    case "usergroup":
      return <span className="mention">@{part.usergroup_id}</span>;
    case "broadcast":
      return <span className="mention is-loud">@{part.range}</span>;
    case "date":
      return <>{formatDate(part.timestamp, part.format) ?? part.fallback}</>;
    case "color":
      return (
        <>
          <span className="swatch" style={{ background: part.value }} aria-hidden="true" />
          {part.value}
        </>
      );
    default:
      return <Json label={`The page cannot draw a rich text of type “${part.type}”:`} value={part} />;
  }
}
