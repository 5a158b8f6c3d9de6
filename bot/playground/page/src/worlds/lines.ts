// Lines of the live record: each call, delivery and event between the app, Slack and HeyGen in one readable sentence.
import { amount, type Fields, fields, items, type Json, within, words } from "./json.ts";

export const WAYS = ["to_slack", "from_slack", "to_heygen", "from_heygen", "app"] as const;
export type Way = (typeof WAYS)[number];
export type Tone = "good" | "bad" | "open" | "plain";

export const WAY_NAMES: Record<Way, string> = {
  to_slack: "app → Slack",
  from_slack: "Slack → app",
  to_heygen: "app → HeyGen",
  from_heygen: "HeyGen → app",
  app: "the app itself",
};

export interface Body {
  title: string;
  json: Json;
}

export interface Line {
  key: string; // a later line with the same key takes this one's place
  at: number; // seconds
  way: Way;
  what: string;
  about: string; // what tells it from others of its kind
  status: string;
  tone: Tone;
  seconds: number | null;
  bodies: Body[];
}

/** The line for something that happened, or null for what the record leaves out. */
export function lineOf(news: Fields, now: number): Line | null {
  switch (`${words(news.from)} ${words(news.kind)}`) {
    case "slack call":
      return slackCall(fields(news.call));
    case "slack delivery":
      return slackDelivery(fields(news.delivery));
    case "slack connection":
      return connection(news, now);
    case "heygen call":
      return heygenCall(fields(news.call));
    case "heygen delivery":
      return webhook(fields(news.delivery));
    case "heygen event":
      return unsentEvent(news);
    case "app state":
      return appState(news, now);
    case "app log":
      return appLog(words(news.line), now);
    default:
      return null;
  }
}

function slackCall(call: Fields): Line {
  const asked = fields(call.arguments);
  return {
    key: `slack ${words(call.seq)}`,
    at: amount(call.at) ?? 0,
    way: "to_slack",
    what: words(call.method),
    about: brief(words(asked.text) || words(asked.filename) || words(asked.title) || words(asked.channel)),
    status: call.ok === true ? "ok" : words(call.error) || "no answer",
    tone: call.ok === true ? "good" : "bad",
    seconds: amount(call.seconds),
    bodies: bodies(["asked", call.arguments], ["answered", call.answer]),
  };
}

const OUTCOMES: Record<string, [string, Tone]> = {
  acked: ["acknowledged", "good"],
  lost: ["lost", "bad"],
  dropped: ["dropped", "bad"],
};

function slackDelivery(entry: Fields): Line {
  const [status, tone] = OUTCOMES[words(entry.outcome)] ?? (["under way", "open"] as const);
  const at = amount(entry.at) ?? 0;
  const acked = amount(entry.acked_at);
  const attempts = amount(entry.attempts) ?? 1;
  return {
    key: `slack ${words(entry.seq)}`,
    at,
    way: "from_slack",
    ...told(words(entry.kind), fields(entry.payload)),
    status: attempts > 1 ? `${status}, try ${attempts}` : status,
    tone,
    seconds: acked === null ? null : acked - at,
    bodies: bodies(["told", entry.payload], ["answered", entry.body], ["tries", entry.trace]),
  };
}

/** What Slack tells the app of, as people would say it. */
function told(kind: string, payload: Fields): { what: string; about: string } {
  if (kind === "slash_commands") return { what: words(payload.command), about: brief(words(payload.text)) };
  if (kind === "events_api") {
    const event = fields(payload.event);
    const name = [words(event.type), words(event.subtype)].filter(Boolean).join(" ");
    return { what: `event ${name}`, about: brief(words(event.text) || words(event.reaction)) };
  }
  const type = words(payload.type);
  const action = fields(items(payload.actions)[0]);
  if (type === "block_actions") {
    return { what: "click", about: words(within(action, "text", "text")) || words(action.action_id) };
  }
  if (type === "view_submission" || type === "view_closed") {
    const title = words(within(payload.view, "title", "text"));
    return { what: type === "view_closed" ? "modal closed" : "modal sent", about: title };
  }
  if (type === "block_suggestion") return { what: "options", about: words(payload.value) };
  return { what: type.replaceAll("_", " "), about: words(payload.callback_id) };
}

function connection(news: Fields, now: number): Line {
  const count = amount(news.connections) ?? 0;
  return {
    key: fresh("connection", now),
    at: now,
    way: "from_slack",
    what: count > 0 ? "Socket Mode is connected" : "Socket Mode is not connected",
    about: count > 1 ? `${count} connections` : "",
    status: "",
    tone: "plain",
    seconds: null,
    bodies: [],
  };
}

function heygenCall(call: Fields): Line {
  const status = amount(call.status);
  const seconds = amount(call.seconds);
  const isOpen = status === null && seconds === null;
  const query = words(call.query);
  const fault = words(call.fault);
  return {
    key: `heygen ${words(call.seq)}`,
    at: amount(call.at) ?? 0,
    way: "to_heygen",
    what: `${words(call.method)} ${words(call.path)}`,
    about: brief(words(within(call.body, "prompt")) || words(within(call.body, "content")) || (query && `?${query}`)),
    status: isOpen
      ? "under way"
      : `${status ?? "no answer"}${fault ? ` (ordered: ${fault.replaceAll("_", " ")})` : ""}`,
    tone: isOpen ? "open" : status !== null && status < 400 ? "good" : "bad",
    seconds,
    bodies: bodies(["asked", call.body], ["answered", call.response]),
  };
}

function webhook(delivery: Fields): Line {
  const status = amount(delivery.status);
  const attempt = amount(delivery.attempt) ?? 1;
  const at = amount(delivery.at) ?? 0;
  return {
    key: `webhook ${words(delivery.event_id)} ${at}`,
    at,
    way: "from_heygen",
    what: `webhook ${words(delivery.event_type)}`,
    about: attempt > 1 ? `try ${attempt}` : "",
    status: status === null ? "no answer" : String(status),
    tone: status !== null && status < 300 ? "good" : "bad",
    seconds: null,
    bodies: bodies(
      ["told", delivery.body],
      ["answered", delivery.answer],
      ["why not", delivery.error],
      ["address", delivery.url],
    ),
  };
}

/** An event is seen in its webhook, unless webhooks are dropped. */
function unsentEvent(news: Fields): Line | null {
  if (words(within(news.webhooks, "mode")) !== "drop") return null;
  const event = fields(news.event);
  const at = amount(event.created_at) ?? 0;
  return {
    key: `event ${words(event.id)}`,
    at,
    way: "from_heygen",
    what: `webhook ${words(event.type)}`,
    about: "",
    status: "dropped",
    tone: "bad",
    seconds: null,
    bodies: bodies(["kept back", event.data]),
  };
}

const STATES: Record<string, Tone> = { running: "good", starting: "open", ended: "bad" };

function appState(news: Fields, now: number): Line {
  const state = words(news.state);
  return {
    key: fresh(`app ${state}`, now),
    at: now,
    way: "app",
    what: state === "running" ? `runs as process ${words(news.pid)}` : state,
    about: words(news.mode) === "http" ? "HTTP" : "Socket Mode",
    status: state,
    tone: STATES[state] ?? "plain",
    seconds: null,
    bodies: [],
  };
}

const LOGGED = /^(\S+Z) (DEBUG|INFO|WARNING|ERROR|CRITICAL) (\S+) (.*?)((?: \w+=\S*)*)$/s;

function appLog(line: string, now: number): Line {
  const [, at, level, logger, said, details] = LOGGED.exec(line) ?? [null, "", "", "", line, ""];
  const isBad = level === "ERROR" || level === "CRITICAL";
  return {
    key: fresh("log", now),
    at: at ? Date.parse(at) / 1000 : now,
    way: "app",
    what: said ?? line,
    about: (details ?? "").trim(),
    status: level === "INFO" ? "" : (level ?? "").toLowerCase(),
    tone: isBad ? "bad" : "plain",
    seconds: null,
    bodies: logger ? bodies(["line", line]) : [],
  };
}

let counted = 0;

function fresh(name: string, at: number): string {
  counted += 1;
  return `${name} ${at} ${counted}`;
}

function bodies(...named: [string, Json | undefined][]): Body[] {
  return named.filter(([, json]) => !isNothing(json)).map(([title, json]) => ({ title, json: json ?? null }));
}

function isNothing(json: Json | undefined): boolean {
  return json === null || json === undefined || json === "" || (Array.isArray(json) && json.length === 0);
}

const BRIEF = 120; // characters

function brief(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > BRIEF ? `${line.slice(0, BRIEF)}…` : line;
}

/** Whether a line belongs to a look at the record. Words are searched in what is seen and in the bodies. */
export function isWanted(line: Line, shown: ReadonlySet<Way>, troublesOnly: boolean, sought: string): boolean {
  if (!shown.has(line.way) || (troublesOnly && line.tone !== "bad")) return false;
  const wish = sought.trim().toLowerCase();
  if (!wish) return true;
  const seen = `${line.what} ${line.about} ${line.status}`.toLowerCase();
  return seen.includes(wish) || JSON.stringify(line.bodies).toLowerCase().includes(wish);
}

export const KEPT = 3000; // lines

/** The record with these lines added in order; what is known already is replaced where it stands. */
export function recorded(lines: readonly Line[], news: readonly Line[], kept = KEPT): Line[] {
  const places = new Map(lines.map((line, place) => [line.key, place]));
  const all = [...lines];
  for (const line of news) {
    const place = places.get(line.key);
    if (place === undefined) places.set(line.key, all.push(line) - 1);
    else all[place] = line;
  }
  return all.length > kept ? all.slice(all.length - kept) : all;
}
