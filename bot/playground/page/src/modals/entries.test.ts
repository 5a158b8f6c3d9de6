import { describe, expect, it } from "vitest";
import type { View } from "../slack/types.ts";
import { ownErrors, valuesOf } from "./entries.ts";

function view(element: Record<string, unknown>, more: Record<string, unknown> = {}, state: unknown = {}): View {
  const block = { type: "input", block_id: "b", label: {}, element: { action_id: "a", ...element }, ...more };
  return { blocks: [block], state: { values: { b: { a: state } } } } as unknown as View;
}

describe("ownErrors", () => {
  it("asks for what must be filled", () => {
    expect(ownErrors(view({ type: "plain_text_input" }), {})).toEqual({ b: "Please complete this required field." });
    expect(ownErrors(view({ type: "checkboxes" }), { "b/a": [] })).toHaveProperty("b");
  });

  it("lets the optional be empty", () => {
    expect(ownErrors(view({ type: "plain_text_input" }, { optional: true }), {})).toEqual({});
  });

  it("takes what the view begins with", () => {
    expect(ownErrors(view({ type: "plain_text_input" }, {}, { value: "hello" }), {})).toEqual({});
  });

  it("sees that something was emptied", () => {
    expect(ownErrors(view({ type: "plain_text_input" }, {}, { value: "hello" }), { "b/a": null })).toHaveProperty("b");
  });

  it.each([
    [{ type: "email_text_input" }, "nobody", "ana@x.test"],
    [{ type: "url_text_input" }, "no address", "https://x.test"],
    [{ type: "number_input", is_decimal_allowed: false }, "1.5", "2"],
    [{ type: "number_input", is_decimal_allowed: true, max_value: "2" }, "2.5", "1.5"],
    [{ type: "plain_text_input", min_length: 3 }, "ab", "abc"],
  ])("checks a %o", (element, wrong, right) => {
    expect(ownErrors(view(element), { "b/a": wrong })).toHaveProperty("b");
    expect(ownErrors(view(element), { "b/a": right })).toEqual({});
  });
});

describe("valuesOf", () => {
  it("names entries by their block, and only those that were touched", () => {
    expect(valuesOf(view({ type: "plain_text_input" }), {})).toEqual({});
    expect(valuesOf(view({ type: "plain_text_input" }), { "b/a": null, "old/x": "gone" })).toEqual({ b: null });
  });
});
