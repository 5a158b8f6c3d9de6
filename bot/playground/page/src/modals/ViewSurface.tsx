import { type ReactNode, useMemo } from "react";
import { type Options, type Surface, SurfaceContext } from "../blocks/surface.ts";
import type { Entry } from "../elements/entry.ts";
import { act, ask } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { View } from "../slack/types.ts";
import { type Entries, entryIn, entryKey, valuesOf } from "./entries.ts";

interface ViewSurfaceProps {
  view: View;
  entries: Entries;
  errors: Record<string, string>;
  onEnter: (key: string, entry: Entry) => void;
  children: ReactNode;
}

/** Lets the blocks of a modal or of the Home tab work. */
export function ViewSurface({ view, entries, errors, onEnter, children }: ViewSurfaceProps) {
  const person = useSight((sight) => sight.person);
  const surface = useMemo((): Surface => {
    const place = { user: person, view_id: view.id };
    return {
      choose: async ({ blockId, actionId, value, entry }) => {
        const values = valuesOf(view, entries);
        if (Object.keys(values).length > 0) await act("type_in", { ...place, values }); // the app gets the whole view
        return ask("click_view", { ...place, action_id: actionId, block_id: blockId, value, selected_option: entry });
      },
      loadOptions: async (blockId, actionId, typed) => {
        const ack = await ask("options", { ...place, action_id: actionId, block_id: blockId, value: typed });
        if (ack.error !== null) throw new Error(ack.error);
        return ack.body as Options;
      },
      entryOf: (blockId, element) => entryIn(view, entries, blockId, element),
      enter: (blockId, element, entry) => onEnter(entryKey(blockId, element), entry),
      errors,
    };
  }, [person, view, entries, errors, onEnter]);
  return <SurfaceContext value={surface}>{children}</SurfaceContext>;
}
