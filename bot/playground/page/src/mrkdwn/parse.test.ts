import { describe, expect, it } from "vitest";
import type { Node } from "./nodes.ts";
import { parseMrkdwn } from "./parse.ts";

const text = (value: string): Node => ({ kind: "text", value });

describe("styles", () => {
  it.each([
    ["*bold*", "bold"],
    ["_italic_", "italic"],
    ["~struck~", "strike"],
  ])("%s", (source, kind) => {
    expect(parseMrkdwn(source)).toEqual([{ kind, children: [text(source.slice(1, -1))] }]);
  });

  it("nest", () => {
    expect(parseMrkdwn("*a _b_*")).toEqual([
      { kind: "bold", children: [text("a "), { kind: "italic", children: [text("b")] }] },
    ]);
  });

  it.each(["snake_case_name", "2 * 3 * 4", "*open", "* spaced *", "**", "a*b*c", "*two\nlines*"])(
    "leave %s as it is",
    (source) => {
      const nodes = parseMrkdwn(source);
      expect(nodes.every((node) => node.kind === "text" || node.kind === "break")).toBe(true);
    },
  );

  it("may be followed by punctuation, and stand in brackets", () => {
    expect(parseMrkdwn("(*a*), *b*.").filter((node) => node.kind === "bold")).toHaveLength(2);
  });

  it("do not end inside a link or inside code", () => {
    const [bold] = parseMrkdwn("*see <https://x.test/a*b|there> and `c*`*");
    expect(bold?.kind).toBe("bold");
  });
});

describe("code", () => {
  it("keeps everything inside as it is", () => {
    expect(parseMrkdwn("`*a* &lt;b&gt; :smile:`")).toEqual([{ kind: "code", value: "*a* <b> :smile:" }]);
  });

  it("in a fence spans lines", () => {
    expect(parseMrkdwn("run:\n```\nmake\n> all\n```\ndone")).toEqual([
      text("run:"),
      { kind: "pre", value: "make\n> all" },
      text("done"),
    ]);
  });

  it("needs its closing mark", () => {
    expect(parseMrkdwn("```open")).toEqual([text("```open")]);
    expect(parseMrkdwn("a ` b")).toEqual([text("a ` b")]);
  });
});

describe("quotes", () => {
  it("join lines that follow each other", () => {
    expect(parseMrkdwn("&gt; one\n&gt;two\nthree")).toEqual([
      { kind: "quote", children: [text("one"), { kind: "break" }, text("two")] },
      text("three"),
    ]);
  });

  it("begin with the sign itself, too", () => {
    expect(parseMrkdwn("> one")).toEqual([{ kind: "quote", children: [text("one")] }]);
  });

  it("with three signs take all that follows", () => {
    expect(parseMrkdwn("a\n>>> b\nc")[1]).toEqual({
      kind: "quote",
      children: [text("b"), { kind: "break" }, text("c")],
    });
  });

  it("are not made by an arrow within a line", () => {
    expect(parseMrkdwn("a -&gt; b")).toEqual([text("a -> b")]);
  });
});

describe("escaping", () => {
  it("is undone once", () => {
    expect(parseMrkdwn("&lt;!channel&gt; &amp;amp;")).toEqual([text("<!channel> &amp;")]);
  });

  it("keeps unknown angles as text", () => {
    expect(parseMrkdwn("<b>bold</b>")).toEqual([text("<b>bold</b>")]);
  });

  it("never makes a link of a script", () => {
    expect(parseMrkdwn("<javascript:alert(1)|hi>").some((node) => node.kind === "link")).toBe(false);
  });
});

describe("what stands in angles", () => {
  it("mentions people, channels, groups and everybody", () => {
    expect(parseMrkdwn("<@U0ANA>")).toEqual([{ kind: "user", id: "U0ANA", label: null }]);
    expect(parseMrkdwn("<@U0ANA|ana>")).toEqual([{ kind: "user", id: "U0ANA", label: "ana" }]);
    expect(parseMrkdwn("<#C1|general>")).toEqual([{ kind: "channel", id: "C1", label: "general" }]);
    expect(parseMrkdwn("<!subteam^S1|@team>")).toEqual([{ kind: "usergroup", id: "S1", label: "@team" }]);
    expect(parseMrkdwn("<!here>")).toEqual([{ kind: "broadcast", range: "here" }]);
  });

  it("links, with a label that may be styled", () => {
    expect(parseMrkdwn("<https://x.test/?a=1&amp;b=2|the *page*>")).toEqual([
      {
        kind: "link",
        url: "https://x.test/?a=1&b=2",
        children: [text("the "), { kind: "bold", children: [text("page")] }],
      },
    ]);
  });

  it("dates", () => {
    expect(parseMrkdwn("<!date^1392734382^{date_short} at {time}^https://x.test|then>")).toEqual([
      {
        kind: "date",
        timestamp: 1392734382,
        format: "{date_short} at {time}",
        url: "https://x.test",
        fallback: "then",
      },
    ]);
  });
});

describe("what Slack finds by itself", () => {
  it("links addresses, without the punctuation that follows them", () => {
    expect(parseMrkdwn("see https://x.test/a_b_c.")).toEqual([
      text("see "),
      { kind: "link", url: "https://x.test/a_b_c", children: [text("https://x.test/a_b_c")] },
      text("."),
    ]);
  });

  it("emoji, with a skin tone", () => {
    expect(parseMrkdwn(":+1::skin-tone-3: 10:30:45")).toEqual([
      { kind: "emoji", name: "+1", tone: 3 },
      text(" 10"),
      { kind: "emoji", name: "30", tone: null },
      text("45"),
    ]);
  });
});
