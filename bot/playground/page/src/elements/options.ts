import { useCallback } from "react";
import { type InputElement, type OptionObject, type Options, useSurface } from "../blocks/surface.ts";
import { channelTitle, nameOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import { visibleChannels } from "../slack/sync.ts";

export interface Group {
  label: string | null;
  options: OptionObject[];
}

/** Whether what is chosen is stored by its id alone: a person, a conversation or a channel. */
export function isReference(element: InputElement): boolean {
  return /(users|conversations|channels)_select$/.test(element.type);
}

/** What a select offers for what was typed, and the name of what it holds. */
export function useOptions(element: InputElement, blockId: string) {
  const { loadOptions } = useSurface();
  const load = useCallback(
    async (typed: string): Promise<Group[]> => {
      if (element.type.endsWith("external_select"))
        return grouped(await loadOptions(blockId, element.action_id ?? "", typed));
      const offered = element.type.endsWith("static_select") ? grouped(element as Options) : places(element);
      return offered.map((group) => matching(group, typed)).filter((group) => group.options.length > 0);
    },
    [element, blockId, loadOptions],
  );
  return { load, named };
}

function grouped({ options, option_groups: groups }: Options): Group[] {
  if (groups) return groups.map((group) => ({ label: group.label.text, options: group.options }));
  return [{ label: null, options: options ?? [] }];
}

function matching(group: Group, typed: string): Group {
  const wanted = typed.trim().toLowerCase();
  return { ...group, options: group.options.filter((option) => option.text.text.toLowerCase().includes(wanted)) };
}

/** People, or the conversations that one may choose. */
function places(element: InputElement): Group[] {
  const { people, channels, person } = useSight.getState();
  if (element.type.endsWith("users_select")) {
    return [{ label: null, options: Object.keys(people).map((id) => named(id)) }];
  }
  const visible = visibleChannels(channels, person).filter((channel) => !channel.is_archived);
  const chosen = element.type.endsWith("channels_select")
    ? visible.filter((one) => !one.is_im && !one.is_private)
    : visible;
  return [{ label: null, options: chosen.map((channel) => named(channel.id)) }];
}

function named(id: string): OptionObject {
  const { people, channels, person } = useSight.getState();
  const channel = channels[id];
  const prefix = channel && !channel.is_im ? "#" : "";
  const text = channel ? prefix + channelTitle(channel, people, person) : nameOf(people[id], id);
  return { text: { type: "plain_text", text }, value: id };
}
