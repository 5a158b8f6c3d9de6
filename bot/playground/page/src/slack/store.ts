import { create } from "zustand";
import type { Channel, Message, Person, SuggestedPrompts, View } from "./types.ts";

/** What one person sees of the workspace. */
export interface Sight {
  person: string;
  isConnected: boolean;
  people: Record<string, Person>;
  channels: Record<string, Channel>;
  prompts: Record<string, SuggestedPrompts>;
  /** Channels without replies, oldest first; a channel that is missing was not read yet. */
  messages: Record<string, Message[]>;
  /** Root and replies, oldest first, by `threadKey`. */
  threads: Record<string, Message[]>;
  /** Open modals, the top one last. */
  modals: View[];
  home: View | null;
}

const KEPT_PERSON = "playground.person";

export const useSight = create<Sight>(() => ({
  ...nothingSeen(),
  person: localStorage.getItem(KEPT_PERSON) ?? "U0ANA",
}));

export function nothingSeen(): Omit<Sight, "person"> {
  return {
    isConnected: false,
    people: {},
    channels: {},
    prompts: {},
    messages: {},
    threads: {},
    modals: [],
    home: null,
  };
}

export function keepPerson(person: string): void {
  localStorage.setItem(KEPT_PERSON, person);
}
