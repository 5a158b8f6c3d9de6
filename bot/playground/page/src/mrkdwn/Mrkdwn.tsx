import { Fragment, useMemo } from "react";
import { Nodes } from "./Nodes.tsx";
import type { Node } from "./nodes.ts";
import { parseMrkdwn } from "./parse.ts";
import { parsePlain } from "./plain.ts";

/** A text in Slack's own markup. */
export function Mrkdwn({ text, isVerbatim = false }: { text: string; isVerbatim?: boolean }) {
  const nodes = useMemo(() => parseMrkdwn(text), [text]);
  return <Nodes nodes={isVerbatim ? nodes.map(withoutFound) : nodes} />;
}

/** A text without markup, but with emoji and line breaks. */
export function Plain({ text, hasEmoji = true }: { text: string; hasEmoji?: boolean }) {
  if (hasEmoji) return <Nodes nodes={parsePlain(text)} />;
  return text.split("\n").map((line, index) => (
    <Fragment key={index}>
      {index > 0 && <br />}
      {line}
    </Fragment>
  ));
}

/** A text object of a block. */
export function Words({ words }: { words: { type: string; text: string; emoji?: boolean; verbatim?: boolean } }) {
  if (words.type === "mrkdwn") return <Mrkdwn text={words.text} isVerbatim={words.verbatim ?? false} />;
  return <Plain text={words.text} hasEmoji={words.emoji ?? true} />;
}

/** In a verbatim text addresses stay text; only what stands in angles is a link. */
function withoutFound(node: Node): Node {
  if (node.kind !== "link") return node;
  const [only] = node.children;
  return only?.kind === "text" && only.value === node.url ? only : node;
}
