import { describe, expect, it } from "vitest";
import { flagsOf, hintParts, wantedAt } from "./complete.ts";

const HINT = "what to make [--avatar NAME] [--speed 0.5-2.0] [--portrait or --landscape] [--review]";

describe("wantedAt", () => {
  it.each([
    ["/", { kind: "command", letters: "", from: 0 }],
    ["/vid", { kind: "command", letters: "vid", from: 0 }],
    ["/video a film --vo", { kind: "flag", letters: "vo", from: 14 }],
    ["hi @an", { kind: "person", letters: "an", from: 3 }],
    ["(#gen", { kind: "channel", letters: "gen", from: 1 }],
    ["nice :roc", { kind: "emoji", letters: "roc", from: 5 }],
  ])("%s", (text, wanted) => {
    expect(wantedAt(text, text.length)).toEqual(wanted);
  });

  it.each(["/video a film", "no --flag here", "mail@test", "10:30", ": s", "and/or"])("nothing in %s", (text) => {
    expect(wantedAt(text, text.length)).toBeNull();
  });

  it("looks at what stands before the caret only", () => {
    expect(wantedAt("@an and more", 3)).toEqual({ kind: "person", letters: "an", from: 0 });
  });
});

describe("help from the usage hint", () => {
  it("finds each flag with what follows it", () => {
    expect(flagsOf(HINT)).toEqual([
      { flag: "--avatar", value: "NAME" },
      { flag: "--speed", value: "0.5-2.0" },
      { flag: "--portrait", value: "" },
      { flag: "--landscape", value: "" },
      { flag: "--review", value: "" },
    ]);
  });

  it("tells what must be given from what may be", () => {
    expect(hintParts(HINT).map((part) => part.isOptional)).toEqual([false, true, true, true, true]);
    expect(hintParts(HINT)[0]?.words).toBe("what to make");
  });
});
