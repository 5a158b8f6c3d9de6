import { tell } from "../notices/notices.ts";
import { act } from "../slack/control.ts";
import { APP_USER, type Person } from "../slack/types.ts";

interface BuiltIn {
  command: string;
  description: string;
  usage_hint: string;
  run: (person: string, channel: string) => Promise<unknown>;
}

/** Slack's own commands, as far as they concern an app. */
export const BUILT_IN: BuiltIn[] = [
  {
    command: "/invite",
    description: "Bring the app into this channel",
    usage_hint: "@HeyGen",
    run: (user, channel) => act("invite", { user, channel }),
  },
  {
    command: "/remove",
    description: "Take the app out of this channel",
    usage_hint: "@HeyGen",
    run: (_user, channel) => act("kick", { channel }),
  },
];

/** Runs one of Slack's own commands; everybody but the app is here already. */
export async function runBuiltIn(
  command: BuiltIn,
  text: string,
  person: string,
  channel: string,
  people: Record<string, Person>,
) {
  const app = people[APP_USER];
  const names = [app?.name, app?.real_name].map((name) => `@${name?.toLowerCase()}`);
  if (!names.includes(text.trim().toLowerCase())) {
    tell({ title: command.command, text: `Only the app comes and goes here: ${command.command} @${app?.real_name}` });
    return;
  }
  await command.run(person, channel);
}
