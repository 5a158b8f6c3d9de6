import { describe, expect, it } from "vitest";
import type { Channel, Person } from "../slack/types.ts";
import { commandText, readable, storable } from "./wording.ts";

const person = (id: string, name: string, realName: string) => ({ id, name, real_name: realName }) as Person;
const PEOPLE = {
  U0ANA: person("U0ANA", "ana", "Ana"),
  U0ADMIN: person("U0ADMIN", "admin", "Ada Admin"),
  U0BOT: person("U0BOT", "heygen", "HeyGen"),
};
const CHANNELS = { C1: { id: "C1", name: "general" } as Channel };

describe("storable", () => {
  it.each([
    ["hi @Ana", "hi <@U0ANA>"],
    ["@Ada Admin, look", "<@U0ADMIN>, look"],
    ["@heygen make it", "<@U0BOT> make it"],
    ["see #general.", "see <#C1>."],
    ["@here!", "<!here>!"],
    ["a < b && c", "a &lt; b &amp;&amp; c"],
    ["<!channel>", "&lt;!channel&gt;"],
    ["mail ana@anatol.test or @Anatol", "mail ana@anatol.test or @Anatol"],
  ])("%s", (typed, stored) => {
    expect(storable(typed, PEOPLE, CHANNELS)).toBe(stored);
  });

  it("is undone when a message is edited", () => {
    const typed = "@Ada Admin & @here: #general <3";
    expect(readable(storable(typed, PEOPLE, CHANNELS), PEOPLE, CHANNELS)).toBe(typed);
  });
});

describe("commandText", () => {
  it("gives names beside the ids", () => {
    expect(commandText("for @Ana in #general", PEOPLE, CHANNELS)).toBe("for <@U0ANA|ana> in <#C1|general>");
  });
});
