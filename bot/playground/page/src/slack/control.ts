import type { Ack, Message, View, Workspace } from "./types.ts";

/** The local Slack could not do it, and says why. */
export class CannotDo extends Error {}

export function readWorkspace(): Promise<Workspace> {
  return read("/slack/state");
}

export function readMessages(person: string, channel: string, threadTs?: string): Promise<Message[]> {
  const query = new URLSearchParams({ user: person, channel, ...(threadTs ? { thread_ts: threadTs } : {}) });
  return read(`/slack/messages?${query}`);
}

export function readViews(person: string): Promise<{ modals: View[]; home: View | null }> {
  return read(`/slack/views?${new URLSearchParams({ user: person })}`);
}

export function fileAddress(id: string): string {
  return `/slack/files/${encodeURIComponent(id)}`;
}

/** A deed that the app is asked about: its answer, which may be an error or none. */
export function ask(deed: string, words: Record<string, unknown>): Promise<Ack> {
  return send(deed, words);
}

/** A deed that Slack does alone. */
export async function act<Result>(deed: string, words: Record<string, unknown>): Promise<Result> {
  return (await send<{ result: Result }>(deed, words)).result;
}

async function send<Answer>(deed: string, words: Record<string, unknown>): Promise<Answer> {
  const response = await fetch(`/slack/${deed}`, { method: "POST", body: JSON.stringify(words) });
  return understood(response);
}

async function read<Answer>(address: string): Promise<Answer> {
  return understood(await fetch(address));
}

async function understood<Answer>(response: Response): Promise<Answer> {
  if (response.ok) return response.json() as Promise<Answer>;
  const isReason = response.headers.get("content-type")?.includes("json");
  const { error } = isReason ? ((await response.json()) as { error: string }) : { error: await response.text() };
  throw new CannotDo(error);
}
