// What a person orders of the worlds. Each order says what came of it, in words for people.
import { fields, words } from "./json.ts";

/** Posts an order; the answer's own words when it is refused. */
async function order(path: string, body: object = {}): Promise<void> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.ok) return;
  const said = fields(await answer.json().catch(() => null));
  throw new Error(words(said.error) || `The playground answered ${answer.status}.`);
}

export const app = {
  crash: () => order("/app/crash"),
  restart: () => order("/app/restart"),
  stop: () => order("/app/stop"),
  start: () => order("/app/start"),
  mode: (mode: "http" | "socket") => order("/app/mode", { mode }),
};

export interface Course {
  ask?: string[];
  review?: boolean;
  slower?: number;
  fail?: { code: string; message: string };
}

export interface Trouble {
  on: string;
  do: string;
  status?: number;
  code?: string;
  retry_after?: number;
  hold_seconds?: number;
  times?: number;
}

export const heygen = {
  set: (changes: object) => order("/heygen/set", changes),
  course: (of: "session_plan" | "revision_plan", course: Course) => order("/heygen/next", { on: of, ...course }),
  trouble: (trouble: Trouble) => order("/heygen/next", trouble),
  lose: (id: string) => order(`/heygen/sessions/${id}/lose`),
  ask: (id: string, text: string) => order(`/heygen/sessions/${id}/ask`, { text }),
};
