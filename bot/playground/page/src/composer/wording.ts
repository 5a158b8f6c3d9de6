import { escaped, unescaped } from "../mrkdwn/escape.ts";
import type { Channel, Person } from "../slack/types.ts";

type People = Record<string, Person>;
type Channels = Record<string, Channel>;

const BROADCASTS = ["channel", "here", "everyone"];

/** What was typed as Slack stores it: signs escaped, names of people and channels as mentions. */
export function storable(text: string, people: People, channels: Channels): string {
  return replaceNames(text, people, channels, (id) => id);
}

/** The same as a slash command gets it, where mentions carry their names. */
export function commandText(text: string, people: People, channels: Channels): string {
  return replaceNames(text, people, channels, (id, name) => `${id}|${name}`);
}

/** What is stored as one would type it. */
export function readable(text: string, people: People, channels: Channels): string {
  const named = text
    .replace(/<@(\w+)(?:\|[^>]*)?>/g, (whole, id: string) => (people[id] ? `@${people[id].real_name}` : whole))
    .replace(/<#(\w+)(?:\|[^>]*)?>/g, (whole, id: string) => (channels[id]?.name ? `#${channels[id].name}` : whole))
    .replace(/<!(channel|here|everyone)>/g, "@$1");
  return unescaped(named);
}

function replaceNames(text: string, people: People, channels: Channels, mention: (id: string, name: string) => string) {
  const persons = new Map(
    Object.values(people).flatMap((one) => [one.real_name, one.name].map((name) => [name.toLowerCase(), one])),
  );
  const places = new Map(
    Object.values(channels).flatMap((one) => (one.name ? [[one.name, one]] : [])) as [string, Channel][],
  );
  return escaped(text)
    .replace(namesAfter("@", [...persons.keys(), ...BROADCASTS]), (_whole, name: string) => {
      const person = persons.get(name.toLowerCase());
      return person ? `<@${mention(person.id, person.name)}>` : `<!${name.toLowerCase()}>`;
    })
    .replace(namesAfter("#", [...places.keys()]), (whole, name: string) => {
      const channel = places.get(name);
      return channel ? `<#${mention(channel.id, name)}>` : whole;
    });
}

/** A sign followed by one of these names, the longest first, and by nothing that would go on with it. */
function namesAfter(sign: string, names: string[]): RegExp {
  const longestFirst = [...names].sort((one, other) => other.length - one.length);
  const any = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  return new RegExp(`(?<![\\w${sign}])${sign}(${any || "(?!)"})(?![\\w-])`, "gi");
}
