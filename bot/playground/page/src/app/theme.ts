import { create } from "zustand";

export type Theme = "system" | "light" | "dark";

const KEPT_THEME = "playground.theme";

export const useTheme = create<{ theme: Theme }>(() => ({ theme: keptTheme() }));

export function chooseTheme(theme: Theme): void {
  localStorage.setItem(KEPT_THEME, theme);
  useTheme.setState({ theme });
  applyTheme();
}

/** Marks the document; without a mark the system decides. */
export function applyTheme(): void {
  const { theme } = useTheme.getState();
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function keptTheme(): Theme {
  const kept = localStorage.getItem(KEPT_THEME);
  return kept === "light" || kept === "dark" ? kept : "system";
}
