import type { Message } from "../slack/types.ts";

/** The app's new message that tells the prompt of the command. */
export function cardOf(text: string, messages: readonly Message[], known: ReadonlySet<string>): Message | undefined {
  const prompt = /^\/video (.+)$/.exec(text)?.[1];
  if (prompt === undefined) return undefined;
  return messages.find((one) => !known.has(one.ts) && one.bot_id !== undefined && one.text.includes(prompt));
}
