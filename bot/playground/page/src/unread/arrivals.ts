import { type Place, readPlace } from "../app/place.ts";
import { readable } from "../composer/wording.ts";
import { listen } from "../live/live.ts";
import { speak, tell } from "../notices/notices.ts";
import { channelTitle, nameOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import type { Message, SlackNews } from "../slack/types.ts";
import { mentions, noteCall } from "./unread.ts";

/** Speaks of messages that come where the acting person looks, and shows what is meant for them elsewhere. */
export function watchArrivals(): void {
  listen({
    heard: (line) => {
      const news = line as unknown as SlackNews;
      if (line.from !== "slack" || news.kind !== "message" || news.change !== "posted" || !news.message) return;
      if (news.ephemeral_to === null) arrived(news.message);
    },
  });
}

function arrived(message: Message): void {
  const { channels, person, people } = useSight.getState();
  const channel = channels[message.channel];
  if (!channel?.members.includes(person) || message.user === person) return;
  const place = placeOf(message);
  const author = nameOf(people[message.user], message.user);
  if (isOpen(place)) {
    speak(`${author}: ${readable(message.text, people, channels)}`);
  } else if (channel.is_im || mentions(message, person)) {
    if (place.thread) noteCall(person, message.channel, place.thread, message.ts);
    const title = channel.is_im ? author : `${author} in #${channelTitle(channel, people, person)}`;
    tell({ title, text: message.text, user: message.user, place });
  }
}

function placeOf(message: Message): Place {
  const isReply = message.thread_ts && message.thread_ts !== message.ts;
  return { channel: message.channel, ...(isReply ? { thread: message.thread_ts } : {}) } as Place;
}

function isOpen(place: Place): boolean {
  const now = readPlace(window.location.hash);
  return (
    document.visibilityState === "visible" &&
    now.channel === place.channel &&
    now.tab === undefined &&
    (!place.thread || now.thread === place.thread)
  );
}
