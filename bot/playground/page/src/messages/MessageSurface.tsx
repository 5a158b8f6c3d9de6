import { type ReactNode, useMemo, useState } from "react";
import { type Options, type Surface, SurfaceContext } from "../blocks/surface.ts";
import { type Entry, initialEntry } from "../elements/entry.ts";
import { ask } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";

/** Lets the blocks of a message work: what is chosen stays chosen for whoever chose it. */
export function MessageSurface({ message, children }: { message: Message; children: ReactNode }) {
  const { channel, ts } = message;
  const person = useSight((sight) => sight.person);
  const [entries, setEntries] = useState<Record<string, Entry>>({});
  const surface = useMemo((): Surface => {
    const place = { user: person, channel, ts };
    return {
      choose: ({ blockId, actionId, value, entry }) =>
        ask("click", { ...place, action_id: actionId, block_id: blockId, value, selected_option: entry }),
      loadOptions: async (blockId, actionId, typed) => {
        const ack = await ask("options", { ...place, action_id: actionId, block_id: blockId, value: typed });
        if (ack.error !== null) throw new Error(ack.error);
        return ack.body as Options;
      },
      entryOf: (blockId, element) => {
        const own = entries[`${blockId}/${element.action_id}`];
        return own === undefined ? initialEntry(element) : own;
      },
      enter: (blockId, element, entry) =>
        setEntries((before) => ({ ...before, [`${blockId}/${element.action_id}`]: entry })),
      errors: {},
    };
  }, [person, channel, ts, entries]);
  return <SurfaceContext value={surface}>{children}</SurfaceContext>;
}
