import { create } from "zustand";
import type { Place } from "../app/place.ts";

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

export const useNotices = create<{ notices: Notice[] }>(() => ({ notices: [] }));

/** Shows something for some seconds. */
export function tell(notice: Omit<Notice, "id">): void {
  count += 1;
  const id = count;
  useNotices.setState(({ notices }) => ({ notices: [...notices, { ...notice, id }].slice(-SHOWN_MOST) }));
  setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}
