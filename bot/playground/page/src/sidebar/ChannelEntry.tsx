import { goTo } from "../app/place.ts";
import { Icon } from "../parts/Icon.tsx";
import { Avatar } from "../people/Avatar.tsx";
import { channelTitle, partnerOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import type { Channel } from "../slack/types.ts";
import { SideEntry } from "./SideEntry.tsx";
import { useCount } from "./useCount.ts";

/** One channel or direct conversation, with what is new in it. */
export function ChannelEntry({ channel, isCurrent }: { channel: Channel; isCurrent: boolean }) {
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  const count = useCount(channel);
  const sign = channel.is_im ? (
    <Avatar person={people[partnerOf(channel, person)]} size={20} />
  ) : (
    <Icon name={channel.is_private ? "lock" : "hash"} size={16} />
  );
  return (
    <SideEntry
      sign={sign}
      title={channelTitle(channel, people, person)}
      note={channel.is_archived ? "archived" : undefined}
      count={count}
      isCurrent={isCurrent}
      onOpen={() => goTo({ channel: channel.id })}
    />
  );
}
