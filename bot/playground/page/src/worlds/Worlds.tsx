import "../parts/button.css";
import "./worlds.css";
import { type KeyboardEvent, useRef, useState } from "react";
import { IconButton } from "../parts/IconButton.tsx";
import { HeyGen } from "./HeyGen.tsx";
import { Program } from "./Program.tsx";
import { LiveRecord } from "./Record.tsx";

const TABS = [
  ["heygen", "HeyGen"],
  ["record", "Live record"],
] as const;
type Tab = (typeof TABS)[number][0];

/** The panel behind the scenes: the app, HeyGen, and all that passes between them and Slack. */
export function Worlds({ onClose }: { onClose: () => void }) {
  const [tab, open] = useState<Tab>("heygen");
  const tabs = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const next = TABS[(TABS.findIndex(([name]) => name === tab) + 1) % TABS.length]?.[0] ?? tab;
    open(next);
    tabs.current?.querySelector<HTMLElement>(`#worlds-tab-${next}`)?.focus();
  };
  return (
    <aside className="worlds" aria-label="Worlds">
      <header className="worlds-head">
        <div>
          <h2>Worlds</h2>
          <p className="worlds-hint">Behind the scenes of this simulation</p>
        </div>
        <IconButton icon="close" label="Close Worlds" onClick={onClose} />
      </header>
      <Program />
      <div className="worlds-tabs" role="tablist" aria-label="Worlds" ref={tabs} onKeyDown={walk}>
        {TABS.map(([name, words]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`worlds-tab-${name}`}
            aria-selected={name === tab}
            aria-controls="worlds-tabpanel"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => open(name)}
          >
            {words}
          </button>
        ))}
      </div>
      <div className="worlds-tabpanel" id="worlds-tabpanel" role="tabpanel" aria-labelledby={`worlds-tab-${tab}`}>
        {tab === "heygen" ? <HeyGen /> : <LiveRecord />}
      </div>
    </aside>
  );
}
