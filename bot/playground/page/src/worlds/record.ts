// The live record, kept outside of React: news may come by the hundred and is drawn once a frame.
import { create } from "zustand";
import { type Fields, fields, items, type Json } from "./json.ts";
import { type Line, lineOf, recorded } from "./lines.ts";

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

/** Reads what happened before this page was there; webhooks are known already. */
export async function readHistory(webhooks: Json[]): Promise<void> {
  const [calls, deliveries, heygen] = await Promise.all([
    past(`/slack/calls?last=${HISTORY}`, "slack", "call"),
    past(`/slack/deliveries?last=${HISTORY}`, "slack", "delivery"),
    past(`/heygen/calls?last=${HISTORY}`, "heygen", "call"),
  ]);
  const known = new Set(useRecord.getState().lines.map((line) => line.key));
  const sent = linesOf(webhooks.slice(-HISTORY), "heygen", "delivery");
  const lines = [...calls, ...deliveries, ...heygen, ...sent].filter((line) => !known.has(line.key));
  useRecord.setState((now) => ({
    lines: recorded(
      [],
      [...lines, ...now.lines].sort((a, b) => a.at - b.at),
    ),
  }));
}

async function past(path: string, from: string, kind: string): Promise<Line[]> {
  const answer = await fetch(path);
  return answer.ok ? linesOf(items(await answer.json()), from, kind) : [];
}

function linesOf(entries: Json[], from: string, kind: string): Line[] {
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
