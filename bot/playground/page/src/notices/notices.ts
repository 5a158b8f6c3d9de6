import { create } from "zustand";
import { type Place, placeHash } from "../app/place.ts";

export interface Notice {
  id: number;
  title: string;
  text: string;
  /** Who it comes from, when it is a message. */
  user?: string;
  /** Where a click leads. */
  place?: Place;
}

const SHOWN_MS = 7_000;
const SHOWN_MOST = 3;

let count = 0;

interface Notices {
  notices: Notice[];
  /** The last thing that only screen readers tell. */
  spoken: string;
}

export const useNotices = create<Notices>(() => ({ notices: [], spoken: "" }));

export function speak(words: string): void {
  useNotices.setState({ spoken: words });
}

/** Shows something for some seconds. */
export function tell(notice: Omit<Notice, "id">): void {
  count += 1;
  const id = count;
  useNotices.setState(({ notices }) => ({ notices: [...notices, { ...notice, id }].slice(-SHOWN_MOST) }));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

/** What leads to a place is told no more once somebody is there. */
export function dismissFor(place: Place): void {
  const hash = placeHash(place);
  const channelHash = placeHash({ channel: place.channel });
  useNotices.setState(({ notices }) => ({
    notices: notices.filter(({ place: its }) => !its || ![hash, channelHash].includes(placeHash(its))),
  }));
}

/** Somebody else looks now. */
export function dismissAll(): void {
  useNotices.setState({ notices: [] });
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}
