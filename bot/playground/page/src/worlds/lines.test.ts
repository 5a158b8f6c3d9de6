import { describe, expect, it } from "vitest";
import type { Fields } from "./json.ts";
import { isWanted, type Line, lineOf, recorded, WAYS } from "./lines.ts";

const CALL = { seq: 7, at: 10, method: "chat.postMessage", arguments: { text: "Hello" }, ok: true, seconds: 0.01 };

function line(news: Fields): Line {
  const made = lineOf(news, 100);
  if (made === null) throw new Error("no line");
  return made;
}

describe("a line of the record", () => {
  it("tells a Slack call with its words, outcome and duration", () => {
    const made = line({ from: "slack", kind: "call", call: CALL });
    expect(made).toMatchObject({
      way: "to_slack",
      what: "chat.postMessage",
      about: "Hello",
      status: "ok",
      tone: "good",
    });
    expect(made.bodies).toEqual([{ title: "asked", json: { text: "Hello" } }]);
  });

  it("tells a refused Slack call by Slack's error", () => {
    const call = { ...CALL, ok: false, error: "channel_not_found" };
    expect(line({ from: "slack", kind: "call", call })).toMatchObject({ status: "channel_not_found", tone: "bad" });
  });

  it("tells a command as it was typed", () => {
    const delivery = {
      seq: 8,
      at: 10,
      acked_at: 10.2,
      kind: "slash_commands",
      outcome: "acked",
      payload: { command: "/video", text: "a  long\nwish" },
    };
    const made = line({ from: "slack", kind: "delivery", delivery });
    expect(made).toMatchObject({ way: "from_slack", what: "/video", about: "a long wish", status: "acknowledged" });
    expect(made.seconds).toBeCloseTo(0.2);
  });

  it("tells a click by the words on the button", () => {
    const payload = { type: "block_actions", actions: [{ action_id: "stop", text: { text: "Stop" } }] };
    const delivery = { seq: 9, at: 1, kind: "interactive", outcome: "lost", payload };
    expect(line({ from: "slack", kind: "delivery", delivery })).toMatchObject({
      what: "click",
      about: "Stop",
      tone: "bad",
    });
  });

  it("tells a call to HeyGen while it is under way, and again when it has ended", () => {
    const call = { seq: 3, at: 1, method: "POST", path: "/v3/video-agents", query: "", status: null, seconds: null };
    const begun = line({ from: "heygen", kind: "call", call });
    const ended = line({ from: "heygen", kind: "call", call: { ...call, status: 429, seconds: 0.1, fault: "status" } });
    expect(begun).toMatchObject({ status: "under way", tone: "open" });
    expect(ended).toMatchObject({ key: begun.key, status: "429 (ordered: status)", tone: "bad" });
  });

  it("shows an event apart only when its webhook is dropped", () => {
    const event = { id: "e1", type: "video_agent.success", data: {}, created_at: 5 };
    expect(lineOf({ from: "heygen", kind: "event", event, webhooks: { mode: "normal" } }, 1)).toBeNull();
    expect(line({ from: "heygen", kind: "event", event, webhooks: { mode: "drop" } })).toMatchObject({
      status: "dropped",
    });
  });

  it("takes time and level out of the app's log", () => {
    const said = "2026-11-23T13:42:55.107Z ERROR bot.app It went wrong. action=failed";
    expect(line({ from: "app", kind: "log", line: said })).toMatchObject({
      what: "It went wrong.",
      about: "action=failed",
      status: "error",
      tone: "bad",
      at: Date.parse("2026-11-23T13:42:55.107Z") / 1000,
    });
  });

  it("leaves out what is no call, delivery or event", () => {
    expect(lineOf({ from: "slack", kind: "message" }, 1)).toBeNull();
  });
});

describe("the record", () => {
  const made = (key: string): Line => ({ ...line({ from: "slack", kind: "call", call: CALL }), key });

  it("replaces a line where it stands", () => {
    const after = recorded([made("a"), made("b")], [{ ...made("a"), status: "late" }, made("c")]);
    expect(after.map((one) => `${one.key} ${one.status}`)).toEqual(["a late", "b ok", "c ok"]);
  });

  it("keeps the newest lines", () => {
    expect(recorded([made("a"), made("b")], [made("c")], 2).map((one) => one.key)).toEqual(["b", "c"]);
  });

  it("is filtered by way, trouble and words, the bodies' included", () => {
    const one = made("a");
    const all = new Set(WAYS);
    expect(isWanted(one, all, false, "")).toBe(true);
    expect(isWanted(one, new Set(), false, "")).toBe(false);
    expect(isWanted(one, all, true, "")).toBe(false);
    expect(isWanted(one, all, false, "postmessage")).toBe(true);
    expect(isWanted({ ...one, about: "" }, all, false, "hello")).toBe(true);
    expect(isWanted(one, all, false, "elsewhere")).toBe(false);
  });
});
