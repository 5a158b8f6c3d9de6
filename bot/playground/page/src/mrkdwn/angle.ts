import { unescaped } from "./escape.ts";
import { parseInline } from "./inline.ts";
import type { Node } from "./nodes.ts";

const BROADCASTS = ["here", "channel", "everyone"];

/** Understands what stands between < and >: a mention, a date or a link; null when it is none of them. */
export function parseAngle(inside: string): Node | null {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? null : inside.slice(bar + 1);
  switch (target[0]) {
    case "@":
      return { kind: "user", id: target.slice(1), label: label && unescaped(label) };
    case "#":
      return { kind: "channel", id: target.slice(1), label: label && unescaped(label) };
    case "!":
      return parseCommand(target.slice(1), label);
    default:
      return parseLink(target, label);
  }
}

function parseCommand(command: string, label: string | null): Node | null {
  const [word, ...rest] = command.split("^");
  if (word && BROADCASTS.includes(word)) return { kind: "broadcast", range: word };
  if (word === "subteam" && rest[0]) return { kind: "usergroup", id: rest[0], label: label && unescaped(label) };
  if (word === "date" && rest[0] && rest[1]) {
    const [timestamp, format, url] = rest;
    return { kind: "date", timestamp: Number(timestamp), format, url: url ?? null, fallback: unescaped(label ?? "") };
  }
  return label === null ? null : { kind: "text", value: unescaped(label) };
}

function parseLink(target: string, label: string | null): Node | null {
  if (!/^(?:https?:\/\/|mailto:|tel:|slack:)/i.test(target)) return null;
  const url = unescaped(target);
  const shown = url.replace(/^(?:mailto|tel):/, "");
  return { kind: "link", url, children: label ? parseInline(label) : [{ kind: "text", value: shown }] };
}
