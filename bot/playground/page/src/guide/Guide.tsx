import "./guide.css";
import { leadTo } from "./leading.ts";
import { foldGuide, showGuide, useGuide } from "./remembered.ts";

export interface Pick {
  text: string; // for the composer
  needsWorlds: boolean; // the panel Worlds has the rest
}

const CARDS: readonly (Pick & { title: string; told: string })[] = [
  {
    title: "Make a video",
    told: "Send it and watch its thread: half a minute later the video is there. Reply to it for a second version.",
    text: "/video a 30 s intro to our team",
    needsWorlds: false,
  },
  {
    title: "Let it speak",
    told: "A text becomes an audio file in the channel within seconds. Press play to hear it.",
    text: "/speak Good morning, team! Today we ship the new version. --voice Annabelle",
    needsWorlds: false,
  },
  {
    title: "Crash it in the middle",
    told: "Send it. When it asks you something, press Crash in the panel Worlds, then answer. Nothing is lost, nothing comes twice.",
    text: "/video a short greeting for new colleagues, ask me",
    needsWorlds: true,
  },
];

/** Three things to try first, each put into the composer by one click. */
export function Guide({ onPick }: { onPick: (pick: Pick) => void }) {
  const { isOpen, isFolded } = useGuide();
  if (!isOpen) return null;
  const take = (pick: Pick) => {
    leadTo(pick.text);
    onPick(pick);
    foldGuide();
  };
  return (
    <section className={`guide ${isFolded ? "is-folded" : ""}`} aria-labelledby="guide-title">
      <div className="guide-box">
        <div className="guide-words">
          <h2 id="guide-title">Three things to try</h2>
          <p>The real app, between a Slack and a HeyGen that are simulated on this machine. No account, no cost.</p>
        </div>
        <ul>
          {CARDS.map(({ title, told, ...pick }) => (
            <li key={title}>
              <button type="button" className="guide-card" title={pick.text} onClick={() => take(pick)}>
                <strong>{title}</strong>
                <span>{told}</span>
                <code>{pick.text}</code>
              </button>
            </li>
          ))}
        </ul>
        <button type="button" className="guide-close" onClick={() => showGuide(false)}>
          Hide
        </button>
      </div>
    </section>
  );
}
