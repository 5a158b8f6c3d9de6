import { APP_USER, type Person } from "../slack/types.ts";
import "./avatar.css";

const HUES = [262, 14, 155, 205, 330, 45];

/** A square with the first letter of a name; the app has a mark of its own. */
export function Avatar({ person, size = 36 }: { person: Person | undefined; size?: number }) {
  const style = { width: size, height: size, fontSize: size * 0.44, borderRadius: Math.max(4, size / 5) };
  if (person?.id === APP_USER) {
    return (
      <span className="avatar is-app" style={style} aria-hidden="true">
        <svg viewBox="0 0 20 20" width="60%" aria-hidden="true">
          <path
            d="M6 4.200v11.600a.8.8 0 0 0 1.200.7l9.300-5.800a.8.8 0 0 0 0-1.400L7.200 3.500a.8.8 0 0 0-1.200.7Z"
            fill="currentColor"
          />
        </svg>
      </span>
    );
  }
  const hue = HUES[hash(person?.id ?? "") % HUES.length];
  const letter = (person?.real_name ?? "?").slice(0, 1);
  return (
    <span
      className="avatar"
      style={{ ...style, background: `hsl(${hue} 42% 42%)` }}
      data-letter={letter}
      aria-hidden="true"
    />
  );
}

function hash(text: string): number {
  return [...text].reduce((sum, sign) => (sum * 31 + sign.charCodeAt(0)) >>> 0, 7);
}
