import { type RefObject, useEffect, useRef, useState } from "react";

const BY_HAND_MS = 400; // a scroll this soon after a wheel, a touch or a key was meant
const HANDS = ["wheel", "touchmove", "pointerdown", "keydown"];

/** Keeps a list at its end while messages grow and come, until somebody scrolls away, and again once they are back. */
export function useStickiness(frame: RefObject<HTMLElement | null>) {
  const isStuck = useRef(true);
  const touchedAt = useRef(0);
  const [scroller, setScroller] = useState<HTMLElement | null>(null);
  const toEnd = () => {
    if (isStuck.current && scroller) scroller.scrollTop = scroller.scrollHeight;
  };

  useEffect(() => {
    const frameNow = frame.current;
    if (!frameNow || !scroller) return;
    const touched = () => {
      touchedAt.current = Date.now();
    };
    const resized = new ResizeObserver(() => {
      if (isStuck.current) scroller.scrollTop = scroller.scrollHeight;
    });
    resized.observe(scroller);
    for (const hand of HANDS) frameNow.addEventListener(hand, touched, { passive: true });
    return () => {
      resized.disconnect();
      for (const hand of HANDS) frameNow.removeEventListener(hand, touched);
    };
  }, [frame, scroller]);

  return {
    toEnd,
    stick: () => {
      isStuck.current = true;
    },
    scrollerRef: (element: HTMLElement | Window | null) => setScroller(element as HTMLElement | null),
    atEndChanged: (isAtEnd: boolean) => {
      if (isAtEnd) isStuck.current = true;
      else if (Date.now() - touchedAt.current < BY_HAND_MS) isStuck.current = false;
    },
  };
}
