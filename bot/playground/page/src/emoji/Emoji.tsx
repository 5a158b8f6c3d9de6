import { emojiSign } from "./names.ts";

/** An emoji by Slack's name; a name that nobody knows stays as it was written. */
export function Emoji({ name, tone = null }: { name: string; tone?: number | null }) {
  const sign = emojiSign(name, tone);
  if (sign === null) return <>:{name}:</>;
  return (
    <span className="emoji" role="img" aria-label={`${name.replaceAll("_", " ")} emoji`} title={`:${name}:`}>
      {sign}
    </span>
  );
}
