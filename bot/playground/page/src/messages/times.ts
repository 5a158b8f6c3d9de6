import { dayWord } from "../mrkdwn/dates.ts";

/** The moment that a ts names. */
export function dateOf(ts: string): Date {
  return new Date(Number(ts) * 1000);
}

export function clock(ts: string): string {
  return dateOf(ts).toLocaleTimeString("en", { hour: "numeric", minute: "2-digit" });
}

/** Hours and minutes alone, for the narrow place beside a message that follows another. */
export function shortClock(ts: string): string {
  return clock(ts).replace(/\s?[AP]M/, "");
}

export function fullTime(ts: string): string {
  const date = dateOf(ts);
  const day =
    dayWord(date, Date.now()) ?? date.toLocaleDateString("en", { weekday: "long", month: "long", day: "numeric" });
  return `${day} at ${date.toLocaleTimeString("en", { hour: "numeric", minute: "2-digit", second: "2-digit" })}`;
}

/** Today, Yesterday, or Monday, November 23rd. */
export function dayTitle(ts: string, now = Date.now()): string {
  const date = dateOf(ts);
  const word = dayWord(date, now);
  if (word) return word;
  const isThisYear = date.getFullYear() === new Date(now).getFullYear();
  const weekday = date.toLocaleDateString("en", { weekday: "long" });
  const month = date.toLocaleDateString("en", { month: "long" });
  return `${weekday}, ${month} ${ordinal(date.getDate())}${isThisYear ? "" : `, ${date.getFullYear()}`}`;
}

export function isSameDay(one: string, other: string): boolean {
  return dateOf(one).toDateString() === dateOf(other).toDateString();
}

/** How long ago, in the largest fitting unit: 5 minutes ago. */
export function agoWords(ts: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.floor((now - dateOf(ts).getTime()) / 60_000));
  if (minutes < 1) return "just now";
  const [count, unit] =
    minutes < 60
      ? [minutes, "minute"]
      : minutes < 1440
        ? [Math.floor(minutes / 60), "hour"]
        : [Math.floor(minutes / 1440), "day"];
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

function ordinal(number: number): string {
  const ending = { one: "st", two: "nd", few: "rd" }[
    new Intl.PluralRules("en", { type: "ordinal" }).select(number) as "one"
  ];
  return `${number}${ending ?? "th"}`;
}
