import { useSight } from "../slack/store.ts";
import { APP_USER, type Channel, type Person } from "../slack/types.ts";

const DELETED_BY = "USLACKBOT";

export function usePerson(id: string): Person | undefined {
  return useSight((sight) => sight.people[id]);
}

export function nameOf(person: Person | undefined, id: string): string {
  return person?.real_name ?? (id === DELETED_BY ? "Slackbot" : id);
}

/** The other one of a direct conversation. */
export function partnerOf(channel: Channel, person: string): string {
  return channel.members.find((member) => member !== person) ?? person;
}

export function isAppConversation(channel: Channel | undefined): boolean {
  return Boolean(channel?.is_im && channel.members.includes(APP_USER));
}

/** What a conversation is called by one of those who are in it. */
export function channelTitle(channel: Channel, people: Record<string, Person>, person: string): string {
  if (!channel.is_im) return channel.name ?? channel.id;
  const other = partnerOf(channel, person);
  return nameOf(people[other], other);
}
