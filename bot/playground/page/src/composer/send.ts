import { useManifest } from "../manifest/manifest.ts";
import { type Attachment, attached } from "../media/attachments.ts";
import { tell } from "../notices/notices.ts";
import { act, ask } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import { BUILT_IN, runBuiltIn } from "./builtin.ts";
import { commandText, storable } from "./wording.ts";

export interface Destination {
  channel: string;
  thread?: string;
}

/** Sends what stands in a composer: a message, or a slash command. */
export async function send(text: string, files: File[], to: Destination): Promise<void> {
  const words = text.trim();
  if (words.startsWith("/") && files.length === 0) await sendCommand(words, to);
  else await post(words, await Promise.all(files.map(attached)), to);
}

async function post(text: string, files: Attachment[], { channel, thread }: Destination): Promise<void> {
  const { person, people, channels } = useSight.getState();
  const place = { user: person, channel, ...(thread ? { thread_ts: thread } : {}) };
  await act("post", { ...place, text: storable(text, people, channels), files });
}

async function sendCommand(words: string, { channel, thread }: Destination): Promise<void> {
  const { person, people, channels } = useSight.getState();
  const [command = "", rest = ""] = splitOnce(words);
  const builtIn = BUILT_IN.find((one) => one.command === command);
  const isKnown = builtIn ?? useManifest.getState().commands.find((one) => one.command === command);
  if (!isKnown) {
    tell({
      title: `${command} is not a valid command`,
      text: "Everything that begins with / is a command. Put a space before it to send it as a message.",
    });
  } else if (thread) {
    tell({
      title: `${command} does not work in threads`,
      text: "Slack takes commands in the channel; in a thread, mention the app instead.",
    });
  } else if (builtIn) {
    await runBuiltIn(builtIn, rest, person, channel, people);
  } else {
    const ack = await ask("command", { user: person, channel, command, text: commandText(rest, people, channels) });
    if (ack.error) tell({ title: `${command} failed`, text: `The app did not answer in time (\`${ack.error}\`).` });
  }
}

function splitOnce(words: string): [string, string] {
  const at = words.search(/\s/);
  return at < 0 ? [words, ""] : [words.slice(0, at), words.slice(at).trim()];
}
