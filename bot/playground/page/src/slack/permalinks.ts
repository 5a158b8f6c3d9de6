import type { Place } from "../app/place.ts";
import { fileAddress } from "./control.ts";

const MESSAGE = /^https:\/\/local\.slack\.test\/archives\/(\w+)\/p(\d+)(\d{6})(?:\?thread_ts=([\d.]+))?/;
const FILE = /^https:\/\/local\.slack\.test\/files\/\w+\/(\w+)\//;

/** Where a permalink of this Slack leads: to a channel, or into the thread of a reply. */
export function placeOfPermalink(url: string): Place | null {
  const match = MESSAGE.exec(url);
  if (!match?.[1]) return null;
  const [, channel, seconds, micros, thread] = match;
  return { channel, thread: thread ?? `${seconds}.${micros}` };
}

/** Where the bytes of a file are that a permalink of this Slack names. */
export function fileOfPermalink(url: string): string | null {
  const id = FILE.exec(url)?.[1];
  return id ? fileAddress(id) : null;
}
