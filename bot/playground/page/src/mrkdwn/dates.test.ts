import { describe, expect, it } from "vitest";
import { formatDate } from "./dates.ts";

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime();
const at = (days: number) => NOON / 1000 + days * 86_400;

describe("formatDate", () => {
  it.each([
    ["{date_num}", "2026-11-23"],
    ["{date}", "November 23, 2026"],
    ["{date_short} at {time}", "Nov 23, 2026 at 12:00 PM"],
    ["{date_long}", "Monday, November 23, 2026"],
    ["{date_pretty}", "today"],
    ["{unknown} {time}", "{unknown} 12:00 PM"],
  ])("%s", (format, words) => {
    expect(formatDate(at(0), format, NOON)).toBe(words);
  });

  it("knows yesterday, and says the date of other days", () => {
    expect(formatDate(at(-1), "{date_short_pretty}", NOON)).toBe("yesterday");
    expect(formatDate(at(-9), "{date_short_pretty}", NOON)).toBe("Nov 14, 2026");
  });

  it("says how long ago something was", () => {
    expect(formatDate(at(-2), "{ago}", NOON)).toBe("2 days ago");
  });

  it("gives way to the fallback when there is no date", () => {
    expect(formatDate(Number.NaN, "{date}", NOON)).toBeNull();
  });
});
