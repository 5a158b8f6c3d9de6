import { describe, expect, it } from "vitest";
import type { Message } from "../slack/types.ts";
import { channelRows, threadRows } from "./rows.ts";

const NOON = new Date(2026, 10, 23, 12, 0, 0).getTime() / 1000;

function message(seconds: number, user = "U0ANA", more: Partial<Message> = {}): Message {
  return { channel: "C1", ts: (NOON + seconds).toFixed(6), user, text: "", ...more };
}

const kinds = (rows: { kind: string }[]) => rows.map((row) => row.kind);
const followers = (rows: ReturnType<typeof channelRows>) =>
  rows.flatMap((row) => (row.kind === "message" ? [row.follows] : []));

describe("channelRows", () => {
  it("begins each day with a rule", () => {
    const rows = channelRows([message(0), message(10), message(86_400)], "U0ANA", null);
    expect(kinds(rows)).toEqual(["intro", "day", "message", "message", "day", "message"]);
  });

  it("joins what one person writes within five minutes", () => {
    const rows = channelRows([message(0), message(60), message(400), message(410, "U0BEN")], "U0ANA", null);
    expect(followers(rows)).toEqual([false, true, false, false]);
  });

  it("keeps a message apart that only one person sees, or that has replies above it", () => {
    const messages = [message(0, "U0ANA", { reply_count: 2 }), message(1), message(2, "U0ANA", { is_ephemeral: true })];
    expect(followers(channelRows(messages, "U0ANA", null))).toEqual([false, false, false]);
  });

  it("marks once where the unread begins, and never before one's own words", () => {
    const messages = [message(0, "U0BEN"), message(1), message(2, "U0BEN"), message(3, "U0BEN")];
    const rows = channelRows(messages, "U0ANA", messages[0]?.ts ?? "");
    expect(kinds(rows)).toEqual(["intro", "day", "message", "message", "new", "message", "message"]);
  });
});

describe("threadRows", () => {
  it("counts the replies below the root", () => {
    const rows = threadRows([message(0), message(1, "U0BEN"), message(2, "U0BEN")]);
    expect(rows[1]).toEqual({ kind: "replies", key: "replies", count: 2 });
    expect(kinds(rows)).toEqual(["message", "replies", "message", "message"]);
  });

  it("is only the root as long as nobody replied", () => {
    expect(kinds(threadRows([message(0)]))).toEqual(["message"]);
  });
});
