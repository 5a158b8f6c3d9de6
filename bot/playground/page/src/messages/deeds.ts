import { tell } from "../notices/notices.ts";
import { act, CannotDo } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";

export function toggleReaction({ channel, ts, reactions }: Message, name: string): Promise<boolean> {
  const { person } = useSight.getState();
  const isGiven = reactions?.some((one) => one.name === name && one.users.includes(person));
  return tried(() => act(isGiven ? "unreact" : "react", { user: person, channel, ts, name }));
}

export function editMessage({ channel, ts }: Message, text: string): Promise<boolean> {
  return tried(() => act("edit", { user: useSight.getState().person, channel, ts, text }));
}

export function deleteMessage({ channel, ts }: Message): Promise<boolean> {
  return tried(() => act("delete_message", { user: useSight.getState().person, channel, ts }));
}

/** Whether it worked; if not, the reason is told. */
export async function tried(deed: () => Promise<unknown>): Promise<boolean> {
  try {
    await deed();
    return true;
  } catch (error) {
    if (!(error instanceof CannotDo || error instanceof TypeError)) throw error;
    tell({
      title: "That did not work",
      text: error instanceof CannotDo ? error.message : "The playground does not answer.",
    });
    return false;
  }
}
