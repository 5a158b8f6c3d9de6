import { create } from "zustand";

export const useSwitcher = create<{ isOpen: boolean }>(() => ({ isOpen: false }));

export function openSwitcher(): void {
  useSwitcher.setState({ isOpen: true });
}

export function closeSwitcher(): void {
  useSwitcher.setState({ isOpen: false });
}
