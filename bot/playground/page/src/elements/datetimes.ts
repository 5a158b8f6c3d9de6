/** Seconds since 1970 as the browser's date and time fields write them, in local time. */
export function toLocal(seconds: number | null): string {
  if (seconds === null) return "";
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

export function fromLocal(text: string): number | null {
  return text ? Math.floor(new Date(text).getTime() / 1000) : null;
}
