import { goTo, type Place } from "../app/place.ts";
import { tried } from "../messages/deeds.ts";
import { Avatar } from "../people/Avatar.tsx";
import { isAppConversation, nameOf, usePerson } from "../people/names.ts";
import { act } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import { APP_USER } from "../slack/types.ts";
import { SideEntry } from "./SideEntry.tsx";
import { useCount } from "./useCount.ts";

/** The app itself: opens the conversation with it, and tells it so, as Slack does. */
export function AppEntry({ place }: { place: Place }) {
  const app = usePerson(APP_USER);
  const person = useSight((sight) => sight.person);
  const talk = useSight((sight) =>
    Object.values(sight.channels).find((one) => isAppConversation(one) && one.members.includes(sight.person)),
  );
  const count = useCount(talk);
  const open = () => {
    if (talk) goTo({ channel: talk.id });
    void tried(() => act("open_home", { user: person, tab: "messages" }));
  };
  return (
    <SideEntry
      sign={<Avatar person={app} size={20} />}
      title={nameOf(app, APP_USER)}
      count={count}
      isCurrent={talk?.id === place.channel}
      onOpen={open}
    />
  );
}
