import { ChannelHeader } from "../channel/ChannelHeader.tsx";
import { ChannelView } from "../channel/ChannelView.tsx";
import { HomeTab } from "../home/HomeTab.tsx";
import { useSight } from "../slack/store.ts";
import { PanelButtons } from "./PanelButtons.tsx";
import type { Place } from "./place.ts";

/** The middle of the page: a conversation, or the app's Home. */
export function Conversation({ place }: { place: Place }) {
  const channel = useSight((sight) => sight.channels[place.channel]);
  const isVisible = useSight((sight) => channel?.members.includes(sight.person));
  const isRead = useSight((sight) => Object.keys(sight.channels).length > 0);
  if (!channel || !isVisible) {
    return (
      <main className="shell-main" data-region>
        {isRead && (
          <p className="nowhere">This conversation is not for the person you act as. Choose another one at the left.</p>
        )}
      </main>
    );
  }
  return (
    <main className="shell-main" data-region>
      <ChannelHeader channel={channel} place={place}>
        <PanelButtons />
      </ChannelHeader>
      {place.tab === "home" ? <HomeTab /> : <ChannelView channel={channel} />}
    </main>
  );
}
