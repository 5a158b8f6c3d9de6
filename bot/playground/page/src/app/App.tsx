import { useEffect } from "react";
import { Modals } from "../modals/Modals.tsx";
import { Announcer } from "../notices/Announcer.tsx";
import { Notices } from "../notices/Notices.tsx";
import { dismissFor } from "../notices/notices.ts";
import { Sidebar } from "../sidebar/Sidebar.tsx";
import { useSight } from "../slack/store.ts";
import { Switcher } from "../switcher/Switcher.tsx";
import { ThreadPane } from "../thread/ThreadPane.tsx";
import { Worlds } from "../worlds/Worlds.tsx";
import { Conversation } from "./Conversation.tsx";
import { listenToKeys } from "./keys.ts";
import { showWorlds, usePanels } from "./panels.ts";
import { usePlace } from "./place.ts";

/** The whole page: sidebar, conversation, beside it a thread and the panel Worlds, above it what opens for a while. */
export function App() {
  const place = usePlace();
  const channel = useSight((sight) => sight.channels[place.channel]);
  const hasWorlds = usePanels((panels) => panels.hasWorlds);
  useEffect(listenToKeys, []);
  useEffect(() => dismissFor(place), [place]);
  return (
    <div className={`shell ${place.tab === "places" ? "shows-places" : ""} ${place.thread ? "shows-thread" : ""}`}>
      <Sidebar place={place} />
      <Conversation place={place} />
      {place.thread && channel && <ThreadPane channel={channel} ts={place.thread} />}
      {hasWorlds && (
        <div className="shell-worlds" data-region>
          <Worlds onClose={() => showWorlds(false)} />
        </div>
      )}
      <Modals />
      <Switcher />
      <Notices />
      <Announcer />
    </div>
  );
}
