import { create } from "zustand";

const KEPT = "playground.worlds";
const WIDE_PX = 1280; // room for the sidebar, a conversation and the panel

/** Whether the panel Worlds stands beside the conversation; on a first visit where there is room for it. */
export const usePanels = create<{ hasWorlds: boolean }>(() => ({
  hasWorlds: (localStorage.getItem(KEPT) ?? String(window.innerWidth >= WIDE_PX)) === "true",
}));

export function showWorlds(hasWorlds: boolean): void {
  localStorage.setItem(KEPT, String(hasWorlds));
  usePanels.setState({ hasWorlds });
}
