interface Wish {
  isFitted: boolean;
  side: "below" | "above";
  align: "start" | "end";
}

const GAP = 6;
const EDGE = 8;

/** Puts a box beside another one: on the side that was wished for, or on the other where there is more room. */
export function placeBeside(box: HTMLElement, anchor: HTMLElement, { isFitted, side, align }: Wish): void {
  const beside = anchor.getBoundingClientRect();
  box.style.minWidth = isFitted ? `${beside.width}px` : "";
  box.style.maxHeight = "";
  const { width, height } = box.getBoundingClientRect();
  const below = window.innerHeight - beside.bottom - GAP - EDGE;
  const above = beside.top - GAP - EDGE;
  const isAbove = side === "above" ? above >= height || above > below : below < height && above > below;
  const room = isAbove ? above : below;
  const shown = Math.min(height, room);
  const left = align === "end" ? beside.right - width : beside.left;
  box.style.maxHeight = `${room}px`;
  box.style.left = `${Math.max(EDGE, Math.min(left, window.innerWidth - width - EDGE))}px`;
  box.style.top = `${isAbove ? beside.top - GAP - shown : beside.bottom + GAP}px`;
}
