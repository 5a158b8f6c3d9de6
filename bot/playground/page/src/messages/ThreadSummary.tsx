import { goTo } from "../app/place.ts";
import { Avatar } from "../people/Avatar.tsx";
import { threadKey } from "../slack/keys.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";
import { useReadTo } from "../unread/unread.ts";
import { agoWords } from "./times.ts";

const FACES = 4;

/** How many replies a message has, from whom, and when the last one came; opens the thread. */
export function ThreadSummary({ message, latest }: { message: Message; latest: string }) {
  const people = useSight((sight) => sight.people);
  const readTo = useReadTo(threadKey(message.channel, message.ts));
  const { reply_count: count = 0, reply_users: users = [] } = message;
  const words = count === 1 ? "1 reply" : `${count} replies`;
  return (
    <button
      type="button"
      className="thread-summary"
      onClick={() => goTo({ channel: message.channel, thread: message.ts })}
    >
      <span className="thread-faces">
        {users.slice(0, FACES).map((user) => (
          <Avatar key={user} person={people[user]} size={24} />
        ))}
      </span>
      <span className="thread-count">{words}</span>
      {latest > readTo && <span className="thread-new">New</span>}
      <span className="thread-last">Last reply {agoWords(latest)}</span>
      <span className="thread-open">View thread</span>
    </button>
  );
}
