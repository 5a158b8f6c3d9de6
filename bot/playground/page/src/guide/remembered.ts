import { create } from "zustand";

const KEPT = "playground.guide";

/** Whether the guided start is on the page: from the first visit until somebody closes it. */
export const useGuide = create<{ isOpen: boolean }>(() => ({ isOpen: localStorage.getItem(KEPT) !== "closed" }));

export function showGuide(isOpen: boolean): void {
  localStorage.setItem(KEPT, isOpen ? "open" : "closed");
  useGuide.setState({ isOpen });
}
