import { describe, expect, it } from "vitest";
import type { Message } from "../slack/types.ts";
import { cardOf } from "./card.ts";

const CARD: Message = { channel: "C", ts: "2", user: "U0BOT", bot_id: "B", text: "Video v1: Queued – a film of us" };

describe("the card of what was picked", () => {
  it("is the app's new message that tells the prompt", () => {
    expect(cardOf("/video a film of us", [CARD], new Set())).toBe(CARD);
  });

  it("is no older message, no person's, and none of another prompt", () => {
    expect(cardOf("/video a film of us", [CARD], new Set(["2"]))).toBeUndefined();
    expect(cardOf("/video a film of us", [{ ...CARD, bot_id: undefined }], new Set())).toBeUndefined();
    expect(cardOf("/video another film", [CARD], new Set())).toBeUndefined();
  });

  it("is nothing for what has no thread", () => {
    expect(cardOf("/speak a film of us", [CARD], new Set())).toBeUndefined();
  });
});
