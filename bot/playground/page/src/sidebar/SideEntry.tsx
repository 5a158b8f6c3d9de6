import type { ReactNode } from "react";
import type { Count } from "../unread/unread.ts";

interface SideEntryProps {
  sign: ReactNode;
  title: string;
  note?: string | undefined;
  count: Count;
  isCurrent: boolean;
  onOpen: () => void;
}

/** A line of the sidebar: bold when something is new, with a number for what is meant for this person. */
export function SideEntry({ sign, title, note, count, isCurrent, onOpen }: SideEntryProps) {
  return (
    <button
      type="button"
      className={`side-entry ${count.unread > 0 ? "is-unread" : ""}`}
      aria-current={isCurrent ? "page" : undefined}
      tabIndex={isCurrent ? 0 : -1}
      onClick={onOpen}
    >
      <span className="side-sign">{sign}</span>
      <span className="side-title">{title}</span>
      {note && <span className="side-detail">{note}</span>}
      {count.unread > 0 && count.calls === 0 && <span className="hidden-words">, unread</span>}
      {count.calls > 0 && (
        <span className="side-badge">
          {count.calls}
          <span className="hidden-words"> new for you</span>
        </span>
      )}
    </button>
  );
}
