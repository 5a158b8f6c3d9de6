import { dayWord } from "../mrkdwn/dates.ts";

// made once: a channel draws hundreds of times
const CLOCK = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const SECONDS = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en", { weekday: "long", month: "long", day: "numeric" });
const WEEKDAY = new Intl.DateTimeFormat("en", { weekday: "long" });
const MONTH = new Intl.DateTimeFormat("en", { month: "long" });
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS: Partial<Record<Intl.LDMLPluralRule, string>> = { one: "st", two: "nd", few: "rd" };

/** The moment that a ts names. */
export function dateOf(ts: string): Date {
  return new Date(Number(ts) * 1000);
}

export function clock(ts: string): string {
  return CLOCK.format(dateOf(ts));
}

/** Hours and minutes alone, for the narrow place beside a message that follows another. */
export function shortClock(ts: string): string {
  return clock(ts).replace(/\s?[AP]M/, "");
}

export function fullTime(ts: string): string {
  const date = dateOf(ts);
  return `${dayWord(date, Date.now()) ?? DAY.format(date)} at ${SECONDS.format(date)}`;
}

/** Today, Yesterday, or Monday, November 23rd. */
export function dayTitle(ts: string, now = Date.now()): string {
  const date = dateOf(ts);
  const year = date.getFullYear() === new Date(now).getFullYear() ? "" : `, ${date.getFullYear()}`;
  return dayWord(date, now) ?? `${WEEKDAY.format(date)}, ${MONTH.format(date)} ${ordinal(date.getDate())}${year}`;
}

export function isSameDay(one: string, other: string): boolean {
  return dateOf(one).toDateString() === dateOf(other).toDateString();
}

/** How long ago, in the largest fitting unit: 5 minutes ago. */
export function agoWords(ts: string, now = Date.now()): string {
  const minutes = Math.max(0, Math.floor((now - dateOf(ts).getTime()) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return counted(minutes, "minute");
  return minutes < 1440 ? counted(Math.floor(minutes / 60), "hour") : counted(Math.floor(minutes / 1440), "day");
}

function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}

function ordinal(number: number): string {
  return `${number}${ENDINGS[ORDINALS.select(number)] ?? "th"}`;
}
