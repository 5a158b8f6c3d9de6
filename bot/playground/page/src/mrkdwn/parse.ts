import { unescaped } from "./escape.ts";
import { parseInline } from "./inline.ts";
import type { Node } from "./nodes.ts";

const FENCE = "```";
const QUOTE_LINE = /^(?:&gt;|>) ?/;
const QUOTE_REST = /^(?:&gt;){3} ?|^>{3} ?/;

/** Understands a mrkdwn text as Slack does: code fences first, then quoted lines, then what stands within lines. */
export function parseMrkdwn(text: string): Node[] {
  const opening = text.indexOf(FENCE);
  const closing = opening < 0 ? -1 : text.indexOf(FENCE, opening + FENCE.length);
  if (closing < 0) return parseLines(text);
  const code = text
    .slice(opening + FENCE.length, closing)
    .replace(/^\n/, "")
    .replace(/\n$/, "");
  const before = text.slice(0, opening).replace(/\n$/, "");
  const after = text.slice(closing + FENCE.length).replace(/^\n/, "");
  if (code === "") return parseLines(text);
  return [
    ...(before ? parseLines(before) : []),
    { kind: "pre", value: unescaped(code) },
    ...(after ? parseMrkdwn(after) : []),
  ];
}

function parseLines(text: string): Node[] {
  const lines = text.split("\n");
  const nodes: Node[] = [];
  for (let index = 0; index < lines.length; ) {
    const rest = lines.slice(index);
    if (QUOTE_REST.test(rest[0] ?? "")) {
      nodes.push({ kind: "quote", children: parseInline(rest.join("\n").replace(QUOTE_REST, "")) });
      break;
    }
    const isQuoted = QUOTE_LINE.test(rest[0] ?? "");
    const run = takeWhile(rest, (line) => QUOTE_LINE.test(line) === isQuoted && !QUOTE_REST.test(line));
    const joined = run.map((line) => (isQuoted ? line.replace(QUOTE_LINE, "") : line)).join("\n");
    if (isQuoted) nodes.push({ kind: "quote", children: parseInline(joined) });
    else nodes.push(...parseInline(joined));
    index += run.length;
  }
  return nodes;
}

function takeWhile<Item>(items: Item[], test: (item: Item) => boolean): Item[] {
  const end = items.findIndex((item) => !test(item));
  return end < 0 ? items : items.slice(0, end);
}
