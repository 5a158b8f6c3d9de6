import { goTo } from "../app/place.ts";
import { useSight } from "../slack/store.ts";
import { nameOf, usePerson } from "./names.ts";

export function PersonMention({ id, label }: { id: string; label: string | null }) {
  const person = usePerson(id);
  const isSelf = useSight((sight) => sight.person === id);
  return <span className={`mention ${isSelf ? "is-self" : ""}`}>@{person ? nameOf(person, id) : (label ?? id)}</span>;
}

/** A channel's name; a private one that this person is not in shows as such. */
export function ChannelMention({ id, label }: { id: string; label: string | null }) {
  const channel = useSight((sight) => sight.channels[id]);
  const isHidden = useSight((sight) => channel?.is_private && !channel.members.includes(sight.person));
  const name = isHidden ? "private channel" : (channel?.name ?? label ?? id);
  if (!channel || isHidden) return <span className="mention">#{name}</span>;
  return (
    <button type="button" className="mention" onClick={() => goTo({ channel: id })}>
      #{name}
    </button>
  );
}
