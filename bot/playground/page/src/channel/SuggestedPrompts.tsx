import { send } from "../composer/send.ts";
import { tried } from "../messages/deeds.ts";
import { useSight } from "../slack/store.ts";

/** What the app suggests to write to it, until something was written. */
export function SuggestedPrompts({ channel }: { channel: string }) {
  const suggested = useSight((sight) => sight.prompts[channel]);
  const isFirst = useSight((sight) => !sight.messages[channel]?.some((message) => message.user === sight.person));
  if (!suggested || !isFirst) return null;
  return (
    <section className="prompts" aria-label="Suggestions">
      {suggested.title && <h3>{suggested.title}</h3>}
      {suggested.prompts.map(({ title, message }) => (
        <button
          key={title}
          type="button"
          className="button"
          onClick={() => void tried(() => send(message, [], { channel }))}
        >
          {title}
        </button>
      ))}
    </section>
  );
}
