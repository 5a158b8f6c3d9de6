import type { ReactNode } from "react";
import { placeHash } from "../app/place.ts";
import { Emoji } from "../emoji/Emoji.tsx";
import { ChannelMention, PersonMention } from "../people/Mention.tsx";
import { fileOfPermalink, placeOfPermalink } from "../slack/permalinks.ts";
import { formatDate } from "./dates.ts";
import type { Node } from "./nodes.ts";
import "./mrkdwn.css";

/** What a mrkdwn text means, drawn. */
export function Nodes({ nodes }: { nodes: Node[] }) {
  return nodes.map((node, index) => <One key={index} node={node} />);
}

function One({ node }: { node: Node }) {
  switch (node.kind) {
    case "text":
      return <>{node.value}</>;
    case "break":
      return <br />;
    case "bold":
      return (
        <strong>
          <Nodes nodes={node.children} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Nodes nodes={node.children} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Nodes nodes={node.children} />
        </s>
      );
    case "quote":
      return (
        <blockquote className="quote">
          <Nodes nodes={node.children} />
        </blockquote>
      );
    case "code":
      return <code className="code">{node.value}</code>;
    case "pre":
      return (
        <pre className="pre">
          <code>{node.value}</code>
        </pre>
      );
    case "link":
      return (
        <Anchor url={node.url}>
          <Nodes nodes={node.children} />
        </Anchor>
      );
    case "user":
      return <PersonMention id={node.id} label={node.label} />;
    case "channel":
      return <ChannelMention id={node.id} label={node.label} />;
    case "usergroup":
      return <span className="mention">{node.label ?? `@${node.id}`}</span>;
    case "broadcast":
      return <span className="mention is-loud">@{node.range}</span>;
    case "emoji":
      return <Emoji name={node.name} tone={node.tone} />;
    case "date": {
      const words = formatDate(node.timestamp, node.format) ?? node.fallback;
      return node.url ? <Anchor url={node.url}>{words}</Anchor> : words;
    }
  }
}

/** A link: within this Slack to its place on the page, and else out of it. */
export function Anchor({ url, children }: { url: string; children: ReactNode }) {
  const place = placeOfPermalink(url);
  if (place) return <a href={placeHash(place)}>{children}</a>;
  return (
    <a href={fileOfPermalink(url) ?? url} target="_blank" rel="noreferrer">
      {children}
    </a>
  );
}
