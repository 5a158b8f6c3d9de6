import { useCallback } from "react";
import { goTo } from "../app/place.ts";
import { Combobox } from "../elements/Combobox.tsx";
import type { Group } from "../elements/options.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { channelTitle } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import { visibleChannels } from "../slack/sync.ts";
import { closeSwitcher, useSwitcher } from "./switcher.ts";

/** Ctrl+K: goes to a conversation by its name. */
export function Switcher() {
  const isOpen = useSwitcher((state) => state.isOpen);
  const load = useCallback(async (typed: string) => conversations(typed), []);
  if (!isOpen) return null;
  return (
    <Dialog title="Jump to" onClose={closeSwitcher} className="is-small switcher">
      <Combobox
        chosen={[]}
        isMulti={false}
        most={1}
        load={load}
        shortestQuery={0}
        placeholder="Name of a channel or a person"
        names={{ "aria-label": "Name of a channel or a person", autoFocus: true }}
        onChange={([option]) => {
          closeSwitcher();
          if (option) goTo({ channel: option.value });
        }}
      />
    </Dialog>
  );
}

function conversations(typed: string): Group[] {
  const { channels, people, person } = useSight.getState();
  const options = visibleChannels(channels, person)
    .map((channel) => ({
      value: channel.id,
      title: (channel.is_im ? "" : "#") + channelTitle(channel, people, person),
    }))
    .filter(({ title }) => title.toLowerCase().includes(typed.trim().toLowerCase()))
    .map(({ value, title }) => ({ value, text: { type: "plain_text", text: title } }));
  return [{ label: null, options }];
}
