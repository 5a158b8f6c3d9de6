/** What is being typed that can be completed: its kind, the letters so far, and where it begins. */
export interface Wanted {
  kind: "command" | "flag" | "person" | "channel" | "emoji";
  letters: string;
  from: number;
}

const SIGNS = { "@": "person", "#": "channel", ":": "emoji" } as const;
const LETTERS_OF_EMOJI = 2; // or every colon would open a list

export function wantedAt(text: string, caret: number): Wanted | null {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return { kind: "command", letters: before.slice(1), from: 0 };
  const flag = /(?:^|\s)--([\w-]*)$/.exec(before);
  if (flag && text.startsWith("/"))
    return { kind: "flag", letters: flag[1] ?? "", from: caret - (flag[1]?.length ?? 0) - 2 };
  const word = /(?:^|[\s(])([@#:])([\p{L}\p{N}_+.-]*)$/u.exec(before);
  if (!word) return null;
  const kind = SIGNS[word[1] as keyof typeof SIGNS];
  const letters = word[2] ?? "";
  if (kind === "emoji" && letters.length < LETTERS_OF_EMOJI) return null;
  return { kind, letters, from: caret - letters.length - 1 };
}

export interface Flag {
  flag: string;
  /** What follows it, such as NAME; empty for a switch. */
  value: string;
}

/** The flags that a usage hint names: `--voice NAME`, `--speed 0.5-2.0`, `--review`. */
export function flagsOf(usageHint: string): Flag[] {
  return [...usageHint.matchAll(/--([\w-]+)(?: (?!or )([^\s\][-][^\s\]]*))?/g)].map((match) => ({
    flag: `--${match[1]}`,
    value: match[2] ?? "",
  }));
}

/** A usage hint in its parts: plain words, and what stands in square brackets. */
export function hintParts(usageHint: string): { words: string; isOptional: boolean }[] {
  return usageHint
    .split(/(\[[^\]]*\])/)
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => ({ words: part.replace(/^\[|\]$/g, ""), isOptional: part.startsWith("[") }));
}
