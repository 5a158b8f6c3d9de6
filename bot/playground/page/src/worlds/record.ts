// The live record, kept outside of React: news may come by the hundred and is drawn once a frame.
import { create } from "zustand";
import { type Fields, fields, items } from "./json";
import { type Line, lineOf, recorded } from "./lines";

interface RecordState {
  lines: readonly Line[];
  isHeld: boolean; // what comes is kept, but not shown yet
}

export const useRecord = create<RecordState>(() => ({ lines: [], isHeld: false }));

let waiting: Line[] = [];
let frame = 0;

/** Adds a line of `/live` to the record. */
export function record(news: Fields): void {
  const line = lineOf(news, Date.now() / 1000);
  if (line !== null) add([line]);
}

export function hold(isHeld: boolean): void {
  useRecord.setState({ isHeld });
  if (!isHeld) show();
}

export function clear(): void {
  waiting = [];
  useRecord.setState({ lines: [] });
}

const HISTORY = 300; // lines of each kind that a page which opens later is shown

/** Reads what happened before this page was there. */
export async function readHistory(): Promise<void> {
  const [calls, deliveries, heygen, webhooks] = await Promise.all([
    past(`/slack/calls?last=${HISTORY}`, "slack", "call"),
    past(`/slack/deliveries?last=${HISTORY}`, "slack", "delivery"),
    past(`/heygen/calls?last=${HISTORY}`, "heygen", "call"),
    past(`/heygen/deliveries?last=${HISTORY}`, "heygen", "delivery"),
  ]);
  const known = new Set(useRecord.getState().lines.map((line) => line.key));
  const lines = [...calls, ...deliveries, ...heygen, ...webhooks].filter((line) => !known.has(line.key));
  useRecord.setState((now) => ({
    lines: recorded(
      [],
      [...lines, ...now.lines].sort((a, b) => a.at - b.at),
    ),
  }));
}

async function past(path: string, from: string, kind: string): Promise<Line[]> {
  const answer = await fetch(path);
  if (!answer.ok) return [];
  const entries = items(await answer.json());
  const lines = entries.map((entry) => lineOf({ from, kind, [kind]: fields(entry) }, 0));
  return lines.filter((line) => line !== null);
}

function add(lines: Line[]): void {
  waiting.push(...lines);
  if (!useRecord.getState().isHeld && frame === 0) frame = requestAnimationFrame(show);
}

function show(): void {
  cancelAnimationFrame(frame);
  frame = 0;
  const news = waiting;
  waiting = [];
  useRecord.setState((now) => ({ lines: recorded(now.lines, news) }));
}
