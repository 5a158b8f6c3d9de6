const DAY_MS = 86_400_000;

/** A date in Slack's format with {date_short}, {time} and the like, in this browser's time; null for no date. */
export function formatDate(timestamp: number, format: string, now = Date.now()): string | null {
  const date = new Date(timestamp * 1000);
  if (Number.isNaN(date.getTime())) return null;
  return format.replace(/\{(\w+)\}/g, (token, name: string) => part(date, name, now) ?? token);
}

function part(date: Date, name: string, now: number): string | null {
  switch (name) {
    case "date_num":
      return date.toLocaleDateString("sv-SE");
    case "date":
      return words(date, { year: "numeric", month: "long", day: "numeric" });
    case "date_short":
      return words(date, { year: "numeric", month: "short", day: "numeric" });
    case "date_long":
      return words(date, { weekday: "long", year: "numeric", month: "long", day: "numeric" });
    case "date_pretty":
    case "date_short_pretty":
    case "date_long_pretty":
      return dayWord(date, now)?.toLowerCase() ?? part(date, name.replace("_pretty", ""), now);
    case "time":
      return words(date, { hour: "numeric", minute: "2-digit" });
    case "time_secs":
      return words(date, { hour: "numeric", minute: "2-digit", second: "2-digit" });
    case "ago":
      return ago(date, now);
    default:
      return null;
  }
}

/** Today, Yesterday, Tomorrow, or null for another day. */
export function dayWord(date: Date, now: number): string | null {
  const days = Math.round((startOfDay(new Date(now)) - startOfDay(date)) / DAY_MS);
  return { "0": "Today", "1": "Yesterday", "-1": "Tomorrow" }[String(days)] ?? null;
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function ago(date: Date, now: number): string {
  const seconds = Math.round((date.getTime() - now) / 1000);
  const units: [Intl.RelativeTimeFormatUnit, number][] = [
    ["day", 86_400],
    ["hour", 3_600],
    ["minute", 60],
  ];
  const [unit, size] = units.find(([, length]) => Math.abs(seconds) >= length) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / size), unit);
}

function words(date: Date, options: Intl.DateTimeFormatOptions): string {
  return date.toLocaleString("en", options);
}
