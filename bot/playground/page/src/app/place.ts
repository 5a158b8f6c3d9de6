import { useMemo, useSyncExternalStore } from "react";

/** Where somebody is: a conversation, perhaps one of its threads, or another tab. Kept in the address. */
export interface Place {
  channel: string;
  thread?: string;
  /** The app's Home, or on a phone the list of conversations. */
  tab?: "home" | "places";
}

export const START: Place = { channel: "C0GENERAL" };

export function readPlace(hash: string): Place {
  const [channel, rest] = hash.replace(/^#\/?/, "").split("/");
  if (!channel) return START;
  if (rest === "home" || rest === "places") return { channel, tab: rest };
  return rest ? { channel, thread: rest } : { channel };
}

export function placeHash({ channel, thread, tab }: Place): string {
  const rest = tab ?? thread;
  return `#/${channel}${rest ? `/${rest}` : ""}`;
}

export function goTo(place: Place): void {
  window.location.hash = placeHash(place);
}

export function usePlace(): Place {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  return useMemo(() => readPlace(hash), [hash]);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("hashchange", changed);
  return () => window.removeEventListener("hashchange", changed);
}
