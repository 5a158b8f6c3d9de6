import { useSight } from "../slack/store.ts";
import { usePlace } from "./place.ts";

/** The whole page: sidebar, conversation, and beside it a thread. */
export function App() {
  const place = usePlace();
  const channel = useSight((sight) => sight.channels[place.channel]);
  const messages = useSight((sight) => sight.messages[place.channel]);
  return (
    <div className="shell">
      <nav className="shell-side" aria-label="Conversations" />
      <main className="shell-main">
        <h1>{channel?.name}</h1>
        <ol>
          {messages?.map((message) => (
            <li key={message.ts}>{message.text}</li>
          ))}
        </ol>
      </main>
    </div>
  );
}
