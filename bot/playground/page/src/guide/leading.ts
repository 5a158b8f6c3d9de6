import { goTo } from "../app/place.ts";
import { useSight } from "../slack/store.ts";
import type { Message } from "../slack/types.ts";
import { cardOf } from "./card.ts";

const PLACE = "C0GENERAL";

let stop = () => {};

/** Opens the thread of what was picked as soon as its card is there: that is where everything else happens. */
export function leadTo(text: string): void {
  stop();
  const known = new Set(seen().map((message) => message.ts));
  stop = useSight.subscribe(() => {
    const card = cardOf(text, seen(), known);
    if (card === undefined) return;
    stop();
    goTo({ channel: PLACE, thread: card.ts });
  });
}

function seen(): readonly Message[] {
  return useSight.getState().messages[PLACE] ?? [];
}
