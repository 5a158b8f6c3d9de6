import { create } from "zustand";

interface Drafts {
  /** What is written and not sent, by the channel's id or the thread's key. */
  texts: Record<string, string>;
  /** The composer that is to take the focus; the number grows with each wish. */
  wanted: { place: string; count: number };
}

const KEPT = "playground.drafts";

/** What is written survives a reload of the page. */
export const useDrafts = create<Drafts>(() => ({
  texts: JSON.parse(sessionStorage.getItem(KEPT) ?? "{}"),
  wanted: { place: "", count: 0 },
}));
useDrafts.subscribe(({ texts }) => sessionStorage.setItem(KEPT, JSON.stringify(texts)));

export function writeDraft(place: string, text: string): void {
  useDrafts.setState(({ texts }) => ({ texts: { ...texts, [place]: text } }));
}

export function focusComposer(place: string): void {
  useDrafts.setState(({ wanted }) => ({ wanted: { place, count: wanted.count + 1 } }));
}

/** Puts a text into a composer, ready to be sent. */
export function offerText(place: string, text: string): void {
  writeDraft(place, text);
  focusComposer(place);
}
