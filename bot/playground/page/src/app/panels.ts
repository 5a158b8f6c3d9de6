import { create } from "zustand";

const KEPT = "playground.worlds";
const BESIDE_PX = 1181; // below it the panel lies over the conversation: layout.css
const WIDE_PX = 1280; // room for the sidebar, a conversation and the panel

/** Whether the panel Worlds stands beside the conversation; on a first visit where there is room for it. */
export const usePanels = create<{ hasWorlds: boolean }>(() => ({
  hasWorlds: (localStorage.getItem(KEPT) ?? String(window.innerWidth >= WIDE_PX)) === "true",
}));

/** Whether the panel stands beside the conversation, rather than over it. */
export function hasRoomBeside(): boolean {
  return window.innerWidth >= BESIDE_PX;
}

export function showWorlds(hasWorlds: boolean): void {
  localStorage.setItem(KEPT, String(hasWorlds));
  usePanels.setState({ hasWorlds });
}
