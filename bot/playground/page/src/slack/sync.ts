import { listen } from "../live/live.ts";
import { isAppConversation } from "../people/names.ts";
import { type MessageNews, withNews } from "./changes.ts";
import { act, readMessages, readViews, readWorkspace } from "./control.ts";
import { threadKey } from "./keys.ts";
import { keepPerson, nothingSeen, useSight } from "./store.ts";
import type { Channel, Message, Person, SlackNews } from "./types.ts";

/** For each reading that is on its way: the news since it began. */
const readings = new Set<MessageNews[]>();

/** Modals that were open when this page was loaded: as in Slack, a page that is loaded anew has left them. */
let left: Set<string> | null = null;

/** Keeps the store as the local Slack is, from now on. */
export function keepUp(): void {
  listen({
    opened: () => void readAnew(),
    lost: () => useSight.setState({ isConnected: false }),
    heard: (line) => {
      if (line.from === "slack") hear(line as unknown as SlackNews);
    },
  });
}

/** Sees the workspace as somebody else. */
export async function actAs(person: string): Promise<void> {
  keepPerson(person);
  const { people, channels, prompts } = useSight.getState();
  useSight.setState({ ...nothingSeen(), people, channels, prompts, isConnected: true, person });
  await readAnew();
}

/** Reads a thread that somebody opens; afterwards news keep it right. */
export async function readThread(channel: string, ts: string): Promise<void> {
  const { person } = useSight.getState();
  await readList("threads", threadKey(channel, ts), person, () => readMessages(person, channel, ts));
}

async function readAnew(): Promise<void> {
  const { person, threads } = useSight.getState();
  await Promise.all([readPlaces(), readOpenViews()]);
  useSight.setState({ isConnected: true });
  const opened = Object.keys(threads).map((key) => key.split(":") as [string, string]);
  await Promise.all([
    ...visibleChannels(useSight.getState().channels, person).map((channel) => readChannel(channel.id)),
    ...opened.map(([channel, ts]) => readThread(channel, ts)),
  ]);
}

/** The conversation with the app is there for everybody from the start, as in Slack. */
async function readPlaces(): Promise<void> {
  const { person } = useSight.getState();
  let workspace = await readWorkspace();
  if (!workspace.channels.some((one) => isAppConversation(one) && one.members.includes(person))) {
    await act("dm", { user: person });
    workspace = await readWorkspace();
  }
  const { users, channels, prompts } = workspace;
  useSight.setState({ people: byId<Person>(users), channels: byId<Channel>(channels), prompts });
}

async function readOpenViews(): Promise<void> {
  const { person } = useSight.getState();
  const { modals, home } = await readViews(person);
  left ??= new Set(modals.map((view) => view.id));
  const own = modals.filter((view) => !left?.has(view.id));
  if (useSight.getState().person === person) useSight.setState({ modals: own, home });
}

async function readChannel(channel: string): Promise<void> {
  const { person } = useSight.getState();
  await readList("messages", channel, person, () => readMessages(person, channel));
}

/** Keeps what was read, and then what the news brought while it was on its way. */
async function readList(lists: "messages" | "threads", key: string, person: string, read: () => Promise<Message[]>) {
  const meanwhile: MessageNews[] = [];
  readings.add(meanwhile);
  try {
    const list = await read();
    const sight = useSight.getState();
    if (sight.person !== person) return;
    useSight.setState({ [lists]: { ...sight[lists], [key]: list } });
    for (const news of meanwhile) useSight.setState((now) => withNews(now, person, news));
  } finally {
    readings.delete(meanwhile);
  }
}

function hear(news: SlackNews): void {
  switch (news.kind) {
    case "message":
      for (const meanwhile of readings) meanwhile.push(news);
      useSight.setState((sight) => withNews(sight, sight.person, news));
      break;
    case "channel":
      void hearOfChannel(news.id);
      break;
    case "view":
      if (news.user === useSight.getState().person) void readOpenViews();
      break;
    case "missed":
    case "reset":
      void readAnew();
      break;
  }
}

async function hearOfChannel(id: string): Promise<void> {
  await readPlaces();
  const { channels, messages, person } = useSight.getState();
  const isNew = messages[id] === undefined && channels[id]?.members.includes(person);
  if (isNew) await readChannel(id);
}

/** The conversations this person is in. */
export function visibleChannels(channels: Record<string, Channel>, person: string): Channel[] {
  return Object.values(channels).filter((channel) => channel.members.includes(person));
}

function byId<Item extends { id: string }>(items: Item[]): Record<string, Item> {
  return Object.fromEntries(items.map((item) => [item.id, item]));
}
