import type { Node } from "./nodes.ts";

const PARTS = /:([a-z0-9_+'-]+):(?::skin-tone-([2-6]):)?|\n/g;

/** Emoji and line breaks of a plain text. */
export function parsePlain(text: string): Node[] {
  const nodes: Node[] = [];
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    if (match.index > end) nodes.push({ kind: "text", value: text.slice(end, match.index) });
    const [whole, name, tone] = match;
    nodes.push(name ? { kind: "emoji", name, tone: tone ? Number(tone) : null } : { kind: "break" });
    end = match.index + whole.length;
  }
  if (end < text.length) nodes.push({ kind: "text", value: text.slice(end) });
  return nodes;
}
