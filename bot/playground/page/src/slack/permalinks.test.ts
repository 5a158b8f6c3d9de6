import { describe, expect, it } from "vitest";
import { fileOfPermalink, placeOfPermalink } from "./permalinks.ts";

describe("permalinks of the local Slack", () => {
  it("lead to the thread of a message", () => {
    expect(placeOfPermalink("https://local.slack.test/archives/C1/p1795443769205270")).toEqual({
      channel: "C1",
      thread: "1795443769.205270",
    });
  });

  it("lead from a reply to its thread", () => {
    const url = "https://local.slack.test/archives/C1/p1795443770000001?thread_ts=1795443769.205270&cid=C1";
    expect(placeOfPermalink(url)).toEqual({ channel: "C1", thread: "1795443769.205270" });
  });

  it("lead to the bytes of a file", () => {
    expect(fileOfPermalink("https://local.slack.test/files/U0BOT/F7/a%20film.mp4")).toBe("/slack/files/F7");
  });

  it("are told from links to elsewhere", () => {
    expect(placeOfPermalink("https://x.test/archives/C1/p1795443769205270")).toBeNull();
    expect(fileOfPermalink("https://x.test/files/U1/F7/a")).toBeNull();
  });
});
