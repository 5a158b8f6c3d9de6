import { type ReactNode, type RefObject, useLayoutEffect, useRef } from "react";
import { placeBeside } from "./placing.ts";
import "./popover.css";

interface PopoverProps {
  /** What it stands beside. */
  anchor: RefObject<HTMLElement | null>;
  onClose: () => void;
  children: ReactNode;
  /** As wide as its anchor. */
  isFitted?: boolean;
  side?: "below" | "above";
  align?: "start" | "end";
  className?: string;
}

/** Stands above everything else beside its anchor, until Escape, a click elsewhere or scrolling closes it. */
export function Popover({
  anchor,
  onClose,
  children,
  isFitted,
  side = "below",
  align = "start",
  className,
}: PopoverProps) {
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const [shown, beside] = [box.current, anchor.current];
    if (!shown || !beside) return;
    shown.showPopover();
    const place = () => placeBeside(shown, beside, { isFitted: isFitted ?? false, side, align });
    place();
    const resized = new ResizeObserver(place);
    resized.observe(shown);
    const pressed = (event: PointerEvent) => {
      const target = event.target as Node;
      if (!shown.contains(target) && !beside.contains(target)) close.current();
    };
    const typed = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.preventDefault(); // or a dialog around it would close, too
      event.stopPropagation();
      close.current();
    };
    const scrolled = (event: Event) => {
      if (!shown.contains(event.target as Node)) place();
    };
    document.addEventListener("pointerdown", pressed, true);
    document.addEventListener("keydown", typed, true);
    document.addEventListener("scroll", scrolled, true);
    return () => {
      resized.disconnect();
      document.removeEventListener("pointerdown", pressed, true);
      document.removeEventListener("keydown", typed, true);
      document.removeEventListener("scroll", scrolled, true);
    };
  }, [anchor, isFitted, side, align]);

  return (
    <div ref={box} popover="manual" className={`popover ${className ?? ""}`}>
      {children}
    </div>
  );
}
