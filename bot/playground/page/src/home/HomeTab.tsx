import { useEffect, useState } from "react";
import { Blocks } from "../blocks/Blocks.tsx";
import { tried } from "../messages/deeds.ts";
import type { Entries } from "../modals/entries.ts";
import { ViewSurface } from "../modals/ViewSurface.tsx";
import { act } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import { SampleHome } from "./SampleHome.tsx";
import "./home.css";

/** The app's Home as it was published for this person, or a sample as long as there is none. */
export function HomeTab() {
  const person = useSight((sight) => sight.person);
  const home = useSight((sight) => sight.home);
  const [entries, setEntries] = useState<Entries>({});
  useEffect(() => void tried(() => act("open_home", { user: person, tab: "home" })), [person]);
  return (
    <div className="home">
      {home ? (
        <ViewSurface
          view={home}
          entries={entries}
          errors={{}}
          onEnter={(key, entry) => setEntries((before) => ({ ...before, [key]: entry }))}
        >
          <Blocks blocks={home.blocks} />
        </ViewSurface>
      ) : (
        <SampleHome />
      )}
    </div>
  );
}
