import { create } from "zustand";
import type { Entry } from "../elements/entry.ts";
import type { Entries } from "./entries.ts";

const NONE: Entries = {};

/** What was entered in each open view; a view that another one covers keeps its entries. */
const useKept = create<{ views: Record<string, Entries> }>(() => ({ views: {} }));

export function useEntries(viewId: string): Entries {
  return useKept(({ views }) => views[viewId] ?? NONE);
}

export function keepEntry(viewId: string, key: string, entry: Entry): void {
  useKept.setState(({ views }) => ({ views: { ...views, [viewId]: { ...views[viewId], [key]: entry } } }));
}
