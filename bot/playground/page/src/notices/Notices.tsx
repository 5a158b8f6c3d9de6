import { goTo } from "../app/place.ts";
import { Mrkdwn } from "../mrkdwn/Mrkdwn.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { Avatar } from "../people/Avatar.tsx";
import { useSight } from "../slack/store.ts";
import { dismiss, type Notice, useNotices } from "./notices.ts";
import "./notices.css";

/** What came while somebody looked elsewhere, in a corner; spoken by screen readers. */
export function Notices() {
  const notices = useNotices((state) => state.notices);
  return (
    <section className="notices" aria-label="Notifications" aria-live="polite">
      {notices.map((notice) => (
        <OneNotice key={notice.id} notice={notice} />
      ))}
    </section>
  );
}

function OneNotice({ notice: { id, title, text, user, place } }: { notice: Notice }) {
  const person = useSight((sight) => (user ? sight.people[user] : undefined));
  const words = (
    <>
      {user && <Avatar person={person} size={32} />}
      <span className="notice-words">
        <strong>{title}</strong>
        <span className="notice-text">
          <Mrkdwn text={text} />
        </span>
      </span>
    </>
  );
  return (
    <div className="notice">
      {place ? (
        <button
          type="button"
          className="notice-main"
          onClick={() => {
            dismiss(id);
            goTo(place);
          }}
        >
          {words}
        </button>
      ) : (
        <div className="notice-main">{words}</div>
      )}
      <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
    </div>
  );
}
