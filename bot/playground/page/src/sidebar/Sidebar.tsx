import { type KeyboardEvent, useRef } from "react";
import type { Place } from "../app/place.ts";
import { IconButton } from "../parts/IconButton.tsx";
import { nextIndex } from "../parts/roving.ts";
import { channelTitle, isAppConversation } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import { visibleChannels } from "../slack/sync.ts";
import type { Channel } from "../slack/types.ts";
import { openSwitcher } from "../switcher/switcher.ts";
import { ActingAs } from "./ActingAs.tsx";
import { AppEntry } from "./AppEntry.tsx";
import { ChannelEntry } from "./ChannelEntry.tsx";
import "./sidebar.css";

/** The conversations of the acting person; arrows move through them. */
export function Sidebar({ place }: { place: Place }) {
  const channels = useSight((sight) => sight.channels);
  const people = useSight((sight) => sight.people);
  const person = useSight((sight) => sight.person);
  const isConnected = useSight((sight) => sight.isConnected);
  const nav = useRef<HTMLElement>(null);
  const visible = visibleChannels(channels, person);
  const named = (one: Channel) => channelTitle(one, people, person);
  const byName = (one: Channel, other: Channel) =>
    Number(one.is_archived) - Number(other.is_archived) || named(one).localeCompare(named(other));
  const rooms = visible.filter((one) => !one.is_im).sort(byName);
  const talks = visible.filter((one) => one.is_im && !isAppConversation(one)).sort(byName);
  const move = (event: KeyboardEvent) => {
    const entries = [...(nav.current?.querySelectorAll<HTMLElement>(".side-entry") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? null : nextIndex(event.key, at, entries.length);
    if (next === null) return;
    event.preventDefault();
    entries[next]?.focus();
  };
  const entry = (channel: Channel) => (
    <ChannelEntry key={channel.id} channel={channel} isCurrent={channel.id === place.channel} />
  );
  return (
    <nav ref={nav} className="shell-side side" aria-label="Conversations" data-region onKeyDown={move}>
      <header className="side-head">
        <div>
          <p className="side-name">Playground</p>
          <p className="side-note">Simulates Slack and HeyGen</p>
        </div>
        <IconButton icon="search" label="Jump to a conversation (Ctrl+K)" onClick={openSwitcher} />
      </header>
      <div className="side-lists">
        <Section title="Channels">{rooms.map(entry)}</Section>
        {talks.length > 0 && <Section title="Direct messages">{talks.map(entry)}</Section>}
        <Section title="Apps">
          <AppEntry place={place} />
        </Section>
      </div>
      {!isConnected && (
        <p className="side-offline" role="status">
          Connecting to the playground …
        </p>
      )}
      <ActingAs />
    </nav>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="side-section" aria-label={title}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
