/** One line of the page's stream: what happened, and in which of the three worlds. */
export interface Line {
  from: "slack" | "heygen" | "app";
  kind: string;
  [field: string]: unknown;
}

interface Listener {
  /** The stream is open, for the first time or again: what happened in between is unknown. */
  opened?: () => void;
  heard: (line: Line) => void;
  lost?: () => void;
}

const listeners = new Set<Listener>();
let stream: EventSource | null = null;

/** Hears everything that happens from now on; all listeners share one stream. Returns how to stop. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  if (stream === null) stream = open();
  else if (stream.readyState === EventSource.OPEN) listener.opened?.();
  return () => listeners.delete(listener);
}

function open(): EventSource {
  const source = new EventSource("/live");
  source.onopen = () => tellAll((listener) => listener.opened?.());
  source.onerror = () => tellAll((listener) => listener.lost?.());
  source.onmessage = (event: MessageEvent<string>) => {
    const line = JSON.parse(event.data) as Line;
    tellAll((listener) => listener.heard(line));
  };
  return source;
}

function tellAll(word: (listener: Listener) => void): void {
  for (const listener of listeners) word(listener);
}
