import { describe, expect, it } from "vitest";
import { type MessageNews, withNews } from "./changes.ts";
import type { Message } from "./types.ts";

const CHANNEL = "C1";

function message(ts: string, more: Partial<Message> = {}): Message {
  return { channel: CHANNEL, ts, user: "U0ANA", text: `at ${ts}`, ...more };
}

function posted(one: Message, more: Partial<MessageNews> = {}): MessageNews {
  return {
    kind: "message",
    change: "posted",
    channel: CHANNEL,
    ts: one.ts,
    thread_ts: one.thread_ts ?? null,
    ephemeral_to: null,
    message: one,
    root: null,
    ...more,
  };
}

const LISTS = { messages: { [CHANNEL]: [message("1.0"), message("3.0")] }, threads: {} };

describe("withNews", () => {
  it("puts a message in its place, however late it comes", () => {
    const { messages } = withNews(LISTS, "U0ANA", posted(message("2.0")));
    expect(messages[CHANNEL]?.map((one) => one.ts)).toEqual(["1.0", "2.0", "3.0"]);
  });

  it("replaces a message that changed", () => {
    const { messages } = withNews(LISTS, "U0ANA", posted(message("3.0", { text: "edited" }), { change: "changed" }));
    expect(messages[CHANNEL]?.map((one) => one.text)).toEqual(["at 1.0", "edited"]);
  });

  it("takes out what was deleted", () => {
    const { messages } = withNews(LISTS, "U0ANA", posted(message("1.0"), { change: "deleted", message: null }));
    expect(messages[CHANNEL]?.map((one) => one.ts)).toEqual(["3.0"]);
  });

  it("keeps a reply out of the channel, and counts it at its root", () => {
    const root = message("1.0", { reply_count: 1 });
    const reply = message("4.0", { thread_ts: "1.0" });
    const lists = { ...LISTS, threads: { "C1:1.0": [message("1.0")] } };
    const { messages, threads } = withNews(lists, "U0ANA", posted(reply, { root }));
    expect(messages[CHANNEL]?.map((one) => one.ts)).toEqual(["1.0", "3.0"]);
    expect(messages[CHANNEL]?.[0]?.reply_count).toBe(1);
    expect(threads["C1:1.0"]?.map((one) => one.ts)).toEqual(["1.0", "4.0"]);
  });

  it("shows nobody what only somebody else may see", () => {
    const secret = posted(message("5.0"), { ephemeral_to: "U0BEN" });
    expect(withNews(LISTS, "U0ANA", secret)).toBe(LISTS);
    expect(withNews(LISTS, "U0BEN", secret).messages[CHANNEL]).toHaveLength(3);
  });

  it("leaves a channel alone that was not read yet", () => {
    const elsewhere = posted({ ...message("5.0"), channel: "C2" }, { channel: "C2" });
    expect(withNews(LISTS, "U0ANA", elsewhere).messages).toEqual(LISTS.messages);
  });
});
