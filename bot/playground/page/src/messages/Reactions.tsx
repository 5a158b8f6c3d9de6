import { Emoji } from "../emoji/Emoji.tsx";
import { EmojiPicker } from "../emoji/EmojiPicker.tsx";
import { nameOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import type { Message, Person, Reaction } from "../slack/types.ts";
import { toggleReaction } from "./deeds.ts";

export function Reactions({ message, reactions }: { message: Message; reactions: Reaction[] }) {
  const given = reactions.filter((reaction) => reaction.count > 0);
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  if (given.length === 0) return null;
  return (
    <div className="reactions">
      {given.map(({ name, users, count }) => (
        <button
          key={name}
          type="button"
          className="reaction"
          aria-pressed={users.includes(person)}
          aria-label={`${count} ${count === 1 ? "reaction" : "reactions"} with ${name.replaceAll("_", " ")}`}
          title={`${whoReacted(users, people, person)} reacted with :${name}:`}
          onClick={() => void toggleReaction(message, name)}
        >
          <Emoji name={name} />
          <span>{count}</span>
        </button>
      ))}
      <EmojiPicker className="reaction" label="Add reaction" onChoose={(name) => void toggleReaction(message, name)} />
    </div>
  );
}

function whoReacted(users: string[], people: Record<string, Person>, person: string): string {
  const names = users.map((id) => (id === person ? "You" : nameOf(people[id], id)));
  return new Intl.ListFormat("en").format(names);
}
