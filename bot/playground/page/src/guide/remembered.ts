import { create } from "zustand";

const KEPT = "playground.guide";

interface GuideState {
  isOpen: boolean;
  isFolded: boolean; // on one line, from the first thing that was tried
}

/** How the guided start stands on the page: from the first visit until somebody hides it. */
export const useGuide = create<GuideState>(() => {
  const kept = localStorage.getItem(KEPT);
  return { isOpen: kept !== "closed", isFolded: kept === "folded" };
});

export function showGuide(isOpen: boolean): void {
  keep(isOpen ? "open" : "closed");
}

export function foldGuide(): void {
  keep("folded");
}

function keep(kept: "open" | "folded" | "closed"): void {
  localStorage.setItem(KEPT, kept);
  useGuide.setState({ isOpen: kept !== "closed", isFolded: kept === "folded" });
}
