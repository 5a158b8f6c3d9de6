import { parseAngle } from "./angle.ts";
import { unescaped } from "./escape.ts";
import type { Node } from "./nodes.ts";

const STYLES = { "*": "bold", _: "italic", "~": "strike" } as const;
const EMOJI = /:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?/y;
const ADDRESS = /https?:\/\/[^\s<>|*~`]+/y;
const TRAILING = /(?:[.,;:!?)\]'"]|&gt;)+$/;
const WORD = /[\p{L}\p{N}]/u;

interface Found {
  node: Node;
  end: number;
}

/** Understands what stands within lines: styles, code, links, mentions, emoji. */
export function parseInline(text: string): Node[] {
  const nodes: Node[] = [];
  let plain = "";
  const flush = () => {
    if (plain) nodes.push({ kind: "text", value: unescaped(plain) });
    plain = "";
  };
  for (let at = 0; at < text.length; ) {
    const found = nodeAt(text, at);
    if (found) {
      flush();
      nodes.push(found.node);
      at = found.end;
    } else {
      plain += text[at];
      at += 1;
    }
  }
  flush();
  return nodes;
}

function nodeAt(text: string, at: number): Found | null {
  const sign = text[at];
  switch (sign) {
    case "\n":
      return { node: { kind: "break" }, end: at + 1 };
    case "<":
      return angleAt(text, at);
    case "`":
      return codeAt(text, at);
    case "*":
    case "_":
    case "~":
      return styleAt(text, at, sign);
    case ":":
      return emojiAt(text, at);
    case "h":
      return addressAt(text, at);
    default:
      return null;
  }
}

function angleAt(text: string, at: number): Found | null {
  const end = text.indexOf(">", at);
  const node = end < 0 ? null : parseAngle(text.slice(at + 1, end));
  return node && { node, end: end + 1 };
}

function codeAt(text: string, at: number): Found | null {
  const end = codeEnd(text, at);
  return end < 0 ? null : { node: { kind: "code", value: unescaped(text.slice(at + 1, end)) }, end: end + 1 };
}

/** Where the backtick stands that ends the code begun here, on the same line; -1 without one. */
function codeEnd(text: string, at: number): number {
  const end = text.indexOf("`", at + 1);
  return end <= at + 1 || text.slice(at, end).includes("\n") ? -1 : end;
}

function styleAt(text: string, at: number, sign: keyof typeof STYLES): Found | null {
  if (isWord(text[at - 1]) || isSpace(text[at + 1]) || text[at + 1] === sign) return null;
  const end = styleEnd(text, at, sign);
  if (end < 0) return null;
  return { node: { kind: STYLES[sign], children: parseInline(text.slice(at + 1, end)) }, end: end + 1 };
}

/** Where the sign stands that ends this style, on the same line and outside of links and code; -1 without one. */
function styleEnd(text: string, start: number, sign: string): number {
  for (let at = start + 1; at < text.length && text[at] !== "\n"; at += 1) {
    if (text[at] === "<") at = Math.max(at, text.indexOf(">", at));
    else if (text[at] === "`") at = Math.max(at, codeEnd(text, at));
    else if (text[at] === sign && !isSpace(text[at - 1]) && !isWord(text[at + 1]) && at > start + 1) return at;
  }
  return -1;
}

function emojiAt(text: string, at: number): Found | null {
  EMOJI.lastIndex = at;
  const match = EMOJI.exec(text);
  if (!match?.[1]) return null;
  const tone = match[2] ? Number(match[2]) : null;
  return { node: { kind: "emoji", name: match[1], tone }, end: EMOJI.lastIndex };
}

function addressAt(text: string, at: number): Found | null {
  if (isWord(text[at - 1])) return null;
  ADDRESS.lastIndex = at;
  const address = ADDRESS.exec(text)?.[0].replace(TRAILING, "");
  if (!address) return null;
  const url = unescaped(address);
  return { node: { kind: "link", url, children: [{ kind: "text", value: url }] }, end: at + address.length };
}

function isWord(sign: string | undefined): boolean {
  return sign !== undefined && WORD.test(sign);
}

function isSpace(sign: string | undefined): boolean {
  return sign === undefined || /\s/.test(sign);
}
