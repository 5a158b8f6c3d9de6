import { useMemo, useState } from "react";
import { useManifest } from "../manifest/manifest.ts";
import { nextIndex } from "../parts/roving.ts";
import { useSight } from "../slack/store.ts";
import { wantedAt } from "./complete.ts";
import { type Offer, offersFor } from "./offers.ts";

export interface Completion {
  offers: Offer[];
  active: number;
  from: number;
  point: (index: number) => void;
  close: () => void;
  /** Moves with the arrows; says whether the key meant that. */
  move: (key: string) => boolean;
}

/** What can be completed at the caret; closed by Escape until other letters are typed. */
export function useCompletion(text: string, caret: number): Completion {
  const { commands, shortcuts } = useManifest();
  const people = useSight((sight) => sight.people);
  const channels = useSight((sight) => sight.channels);
  const person = useSight((sight) => sight.person);
  const [closedFor, setClosedFor] = useState<string | null>(null);
  const [pointed, setPointed] = useState({ text: "", index: 0 });
  const wanted = useMemo(() => wantedAt(text, caret), [text, caret]);
  const offers = useMemo(
    () =>
      wanted && closedFor !== text ? offersFor(wanted, { commands, shortcuts, people, channels, person, text }) : [],
    [wanted, closedFor, text, commands, shortcuts, people, channels, person],
  );
  const active = pointed.text === text ? Math.min(pointed.index, offers.length - 1) : 0;
  const point = (index: number) => setPointed({ text, index });
  const move = (key: string) => {
    const next = key === "ArrowUp" || key === "ArrowDown" ? nextIndex(key, active, offers.length) : null;
    if (next !== null) point(next);
    return next !== null;
  };
  return { offers, active, from: wanted?.from ?? 0, point, close: () => setClosedFor(text), move };
}
