import { useManifest } from "../manifest/manifest.ts";
import { Avatar } from "../people/Avatar.tsx";
import { isAppConversation, partnerOf } from "../people/names.ts";
import { useSight } from "../slack/store.ts";
import type { Channel } from "../slack/types.ts";

/** What stands above the first message of a conversation. */
export function ChannelIntro({ channel, title }: { channel: Channel; title: string }) {
  const person = useSight((sight) => sight.person);
  const partner = useSight((sight) => sight.people[partnerOf(channel, person)]);
  const about = useManifest((manifest) => manifest.description);
  if (!channel.is_im) {
    return (
      <div className="intro">
        <h2>{title}</h2>
        <p>
          {channel.is_private ? "A private channel. Only its members see it." : "This is the beginning of the channel."}
        </p>
      </div>
    );
  }
  return (
    <div className="intro">
      <Avatar person={partner} size={64} />
      <h2>{title}</h2>
      <p>{isAppConversation(channel) ? about : `This conversation is just between ${title} and you.`}</p>
    </div>
  );
}
