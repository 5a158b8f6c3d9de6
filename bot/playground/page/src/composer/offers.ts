import { findEmoji } from "../emoji/names.ts";
import type { Command, Shortcut } from "../manifest/manifest.ts";
import { visibleChannels } from "../slack/sync.ts";
import type { Channel, Person } from "../slack/types.ts";
import { BUILT_IN } from "./builtin.ts";
import { flagsOf, type Wanted } from "./complete.ts";

/** One thing that a completion offers. */
export interface Offer {
  key: string;
  title: string;
  detail: string;
  /** What takes the place of the letters; empty for a shortcut, which is not text. */
  text: string;
  person?: Person;
  emoji?: string;
  shortcut?: Shortcut;
}

interface Known {
  commands: Command[];
  shortcuts: Shortcut[];
  people: Record<string, Person>;
  channels: Record<string, Channel>;
  person: string;
  text: string;
}

const EMOJI_MOST = 8;

/** What fits to the letters so far. */
export function offersFor({ kind, letters }: Wanted, known: Known): Offer[] {
  const wanted = letters.toLowerCase();
  const fits = (...names: (string | undefined)[]) => names.some((name) => name?.toLowerCase().startsWith(wanted));
  switch (kind) {
    case "command":
      return [
        ...[...known.commands, ...BUILT_IN]
          .filter(({ command }) => fits(command.slice(1)))
          .map((one) => ({ key: one.command, title: one.command, detail: one.description, text: `${one.command} ` })),
        ...known.shortcuts
          .filter((shortcut) => shortcut.type === "global" && fits(shortcut.name))
          .map((one) => ({ key: one.callback_id, title: one.name, detail: one.description, text: "", shortcut: one })),
      ];
    case "flag":
      return flagsOf(usageOf(known))
        .filter(({ flag }) => fits(flag.slice(2)) && !known.text.includes(`${flag} `))
        .map(({ flag, value }) => ({ key: flag, title: flag, detail: value, text: `${flag} ` }));
    case "person":
      return [
        ...Object.values(known.people)
          .filter((one) => fits(one.real_name, one.name))
          .map((one) => ({
            key: one.id,
            title: one.real_name,
            detail: one.name,
            text: `@${one.real_name} `,
            person: one,
          })),
        ...["channel", "here"]
          .filter((name) => fits(name))
          .map((name) => ({ key: name, title: `@${name}`, detail: "Notify everybody here", text: `@${name} ` })),
      ];
    case "channel":
      return visibleChannels(known.channels, known.person)
        .filter((one) => !one.is_im && fits(one.name))
        .map((one) => ({ key: one.id, title: `#${one.name}`, detail: "", text: `#${one.name} ` }));
    case "emoji":
      return findEmoji(letters, EMOJI_MOST).map((name) => ({
        key: name,
        title: `:${name}:`,
        detail: "",
        text: `:${name}: `,
        emoji: name,
      }));
  }
}

function usageOf({ commands, text }: Known): string {
  return commands.find(({ command }) => text.startsWith(`${command} `))?.usage_hint ?? "";
}
