import { describe, expect, it } from "vitest";
import { agoWords, dayTitle, shortClock } from "./times.ts";

const NOW = new Date(2026, 10, 23, 15, 5, 0).getTime();
const ts = (year: number, month: number, day: number) => String(new Date(year, month - 1, day, 15, 5).getTime() / 1000);

describe("days", () => {
  it.each([
    [ts(2026, 11, 23), "Today"],
    [ts(2026, 11, 22), "Yesterday"],
    [ts(2026, 11, 21), "Saturday, November 21st"],
    [ts(2026, 11, 12), "Thursday, November 12th"],
    [ts(2025, 11, 3), "Monday, November 3rd, 2025"],
  ])("%s is %s", (day, title) => {
    expect(dayTitle(day, NOW)).toBe(title);
  });
});

describe("hours", () => {
  it("stand alone beside a message that follows another", () => {
    expect(shortClock(ts(2026, 11, 23))).toBe("3:05");
  });

  it.each([
    [20, "just now"],
    [60, "1 minute ago"],
    [7200, "2 hours ago"],
    [180_000, "2 days ago"],
  ])("%i seconds are %s", (seconds, words) => {
    expect(agoWords(String(NOW / 1000 - seconds), NOW)).toBe(words);
  });
});
