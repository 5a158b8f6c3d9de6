import names from "emojibase-data/en/shortcodes/iamcal.json";

const VARIATION = "\uFE0F"; // asks for the coloured form of a sign that has a plain one
const SIGNS = new Map<string, string>();
for (const [hexcode, given] of Object.entries(names as Record<string, string | string[]>)) {
  for (const name of [given].flat()) SIGNS.set(name, signOf(hexcode));
}
const ALSO_KNOWN_AS: Record<string, string> = { stop: "octagonal_sign", party: "tada", thumbsup: "+1", like: "+1" };
const LIGHTEST_TONE = 0x1f3fb;
const LIGHTEST_TONE_NUMBER = 2; // Slack counts from skin-tone-2

/** The sign of an emoji by Slack's name for it; null when there is none. */
export function emojiSign(name: string, tone: number | null = null): string | null {
  const sign = SIGNS.get(name) ?? null;
  if (sign === null || tone === null) return sign;
  return sign.replace(VARIATION, "") + String.fromCodePoint(LIGHTEST_TONE + tone - LIGHTEST_TONE_NUMBER);
}

/** Names with these letters: what people also call so, then the ones that begin with them. */
export function findEmoji(letters: string, most: number): string[] {
  const wanted = letters.toLowerCase().replace(/[: ]/g, "_").replace(/^_|_$/g, "");
  const meant = ALSO_KNOWN_AS[wanted];
  const found = [...SIGNS.keys()].filter((name) => name.includes(wanted) && name !== meant);
  const ranked = found.sort((one, other) => rank(one, wanted) - rank(other, wanted));
  return [...(meant ? [meant] : []), ...ranked].slice(0, most);
}

function rank(name: string, wanted: string): number {
  return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
}

function signOf(hexcode: string): string {
  const points = hexcode.split("-").map((point) => Number.parseInt(point, 16));
  const sign = String.fromCodePoint(...points);
  return points.length === 1 ? sign + VARIATION : sign;
}
