import type { ReactNode } from "react";
import { goTo, type Place } from "../app/place.ts";
import { Icon } from "../parts/Icon.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { Avatar } from "../people/Avatar.tsx";
import { channelTitle, isAppConversation, nameOf, partnerOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import { APP_USER, type Channel } from "../slack/types.ts";
import "./channel.css";

const FACES = 3;

interface HeaderProps {
  channel: Channel;
  place: Place;
  /** What else belongs at the right end. */
  children?: ReactNode;
}

/** What the conversation is called and who is in it; for the app, its two tabs. */
export function ChannelHeader({ channel, place, children }: HeaderProps) {
  const person = useSight((sight) => sight.person);
  const people = useSight((sight) => sight.people);
  const title = channelTitle(channel, people, person);
  const isApp = isAppConversation(channel);
  return (
    <header className={`channel-head ${isApp ? "has-tabs" : ""}`}>
      <div className="channel-line">
        <span className="only-phone">
          <IconButton icon="back" label="Back to the conversations" onClick={() => goTo({ ...place, tab: "places" })} />
        </span>
        <h1 className="channel-title">
          {channel.is_im ? (
            <Avatar person={people[partnerOf(channel, person)]} size={24} />
          ) : (
            <Icon name={channel.is_private ? "lock" : "hash"} size={18} />
          )}
          <span>{title}</span>
          {isApp && <span className="app-badge">App</span>}
          {channel.is_ext_shared && <span className="app-badge">Shared</span>}
        </h1>
        <span className="channel-gap" />
        {!channel.is_im && <Faces channel={channel} />}
        {children}
      </div>
      {isApp && <Tabs channel={channel.id} isHome={place.tab === "home"} />}
    </header>
  );
}

function Faces({ channel }: { channel: Channel }) {
  const people = useSight((sight) => sight.people);
  const known = channel.members.filter((member) => people[member]);
  const shown = [...known].sort((one, other) => Number(other === APP_USER) - Number(one === APP_USER));
  const names = new Intl.ListFormat("en").format(shown.map((member) => nameOf(people[member], member)));
  return (
    <span className="faces" role="img" aria-label={`${known.length} members: ${names}`} title={names}>
      {shown.slice(0, FACES).map((member) => (
        <Avatar key={member} person={people[member]} size={22} />
      ))}
      <span aria-hidden="true">{known.length}</span>
    </span>
  );
}

function Tabs({ channel, isHome }: { channel: string; isHome: boolean }) {
  return (
    <nav className="tabs" aria-label="App">
      <button
        type="button"
        className="tab"
        aria-current={isHome ? "page" : undefined}
        onClick={() => goTo({ channel, tab: "home" })}
      >
        <Icon name="home" size={16} /> Home
      </button>
      <button
        type="button"
        className="tab"
        aria-current={isHome ? undefined : "page"}
        onClick={() => goTo({ channel })}
      >
        <Icon name="message" size={16} /> Messages
      </button>
    </nav>
  );
}
