import type { RichTextBlock } from "@slack/types";

/** A rich text that says what was typed, one section a line. */
export function richOf(text: string): RichTextBlock {
  const sections = text.split("\n").map((line) => ({
    type: "rich_text_section" as const,
    elements: line ? [{ type: "text" as const, text: line }] : [],
  }));
  return { type: "rich_text", elements: sections };
}

/** The words of a rich text. */
export function plainOf(block: RichTextBlock | null): string {
  const lines = (block?.elements ?? []).map((part) => part.elements.map(wordsOf).join(""));
  return lines.join("\n");
}

function wordsOf(part: object): string {
  if ("text" in part) return String(part.text);
  if ("elements" in part) return (part.elements as object[]).map(wordsOf).join("");
  return "";
}
