// What the local HeyGen is doing, as its control API and its news say.
import { create } from "zustand";
import { amount, type Fields, fields, items, type Json, within, words } from "./json.ts";

export interface Session {
  id: string;
  title: string;
  status: string;
  isLost: boolean;
  isOpen: boolean; // it works or waits for somebody
  createdAt: number;
  videoIds: string[];
  json: Json;
}

export interface Video {
  id: string;
  version: number;
  status: string;
  failure: string; // code and message
}

export interface Settings {
  speed: number;
  concurrency: number;
  wallet: number;
  slow: number;
  webhooks: string;
}

export interface Fault {
  on: string;
  does: string;
  times: number;
}

interface HeyGenState {
  isKnown: boolean;
  running: number;
  settings: Settings;
  sessions: Record<string, Session>;
  videos: Record<string, Video>;
  faults: Fault[];
}

const NOTHING: HeyGenState = {
  isKnown: false,
  running: 0,
  settings: { speed: 1, concurrency: 10, wallet: 0, slow: 0, webhooks: "normal" },
  sessions: {},
  videos: {},
  faults: [],
};

export const useHeyGen = create<HeyGenState>(() => NOTHING);

/** Reads all of it; answers with the webhooks that were sent. */
export async function readHeyGen(): Promise<Json[]> {
  const answer = await fetch("/heygen/state");
  if (!answer.ok) return [];
  const state = fields(await answer.json());
  useHeyGen.setState({
    isKnown: true,
    running: amount(state.running) ?? 0,
    settings: settingsOf(fields(state.settings)),
    sessions: byId(items(state.sessions).map(sessionOf)),
    videos: byId(items(state.videos).map(videoOf)),
    faults: items(state.faults).map(faultOf),
  });
  return items(state.deliveries);
}

/** Takes over what a line of the local HeyGen's news says. */
export function heardOfHeyGen(news: Fields): void {
  switch (news.kind) {
    case "session":
      useHeyGen.setState((now) => ({
        running: amount(news.running) ?? now.running,
        sessions: { ...now.sessions, [words(within(news.session, "id"))]: sessionOf(news.session ?? null) },
      }));
      return;
    case "video":
      useHeyGen.setState((now) => ({
        videos: { ...now.videos, [words(within(news.video, "id"))]: videoOf(news.video ?? null) },
      }));
      return;
    case "settings":
      useHeyGen.setState({ settings: settingsOf(fields(news.settings)) });
      return;
    case "orders":
      useHeyGen.setState({ faults: items(news.faults).map(faultOf) });
      return;
    case "reset":
      void readHeyGen();
  }
}

function settingsOf(given: Fields): Settings {
  return {
    speed: amount(given.speed) ?? 1,
    concurrency: amount(given.concurrency) ?? 0,
    wallet: amount(given.wallet) ?? 0,
    slow: amount(given.slow) ?? 0,
    webhooks: words(within(given.webhooks, "mode")) || "normal",
  };
}

function sessionOf(given: Json): Session {
  const session = fields(given);
  return {
    id: words(session.id),
    title: words(session.prompt) || words(session.title),
    status: words(session.status),
    isLost: session.is_lost === true,
    isOpen: session.is_lost !== true && session.step !== null && session.step !== undefined,
    createdAt: amount(session.created_at) ?? 0,
    videoIds: items(session.video_ids).map(words),
    json: given,
  };
}

function videoOf(given: Json): Video {
  const video = fields(given);
  const failure = [words(video.failure_code), words(video.failure_message)].filter(Boolean).join(": ");
  return { id: words(video.id), version: amount(video.version) ?? 1, status: words(video.status), failure };
}

function faultOf(given: Json): Fault {
  const fault = fields(given);
  const detail = words(fault.code) || words(fault.status);
  const deed = words(fault.do).replaceAll("_", " ");
  return { on: words(fault.on), does: detail ? `${deed} ${detail}` : deed, times: amount(fault.times) ?? 1 };
}

function byId<T extends { id: string }>(list: T[]): Record<string, T> {
  return Object.fromEntries(list.map((one) => [one.id, one]));
}
