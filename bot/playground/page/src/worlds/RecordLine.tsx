import { useId } from "react";
import { JsonTree } from "./JsonTree.tsx";
import { type Line, WAY_NAMES } from "./lines.ts";

const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** One line of the record; its bodies unfold below it. */
export function RecordLine({ line, isOpen, onToggle }: { line: Line; isOpen: boolean; onToggle: () => void }) {
  const id = useId();
  return (
    <div className="record" data-tone={line.tone} data-way={line.way}>
      <button type="button" className="record-line" aria-expanded={isOpen} aria-controls={id} onClick={onToggle}>
        <span className="record-time">{timeOf(line.at)}</span>
        <span className="record-way">{WAY_NAMES[line.way]}</span>
        <span className="record-what">{line.what}</span>
        <span className="record-about">{line.about}</span>
        <span className="record-status">{line.status}</span>
        <span className="record-took">{tookOf(line.seconds)}</span>
      </button>
      <div className="record-bodies" id={id} hidden={!isOpen}>
        {isOpen && <Bodies line={line} />}
      </div>
    </div>
  );
}

function Bodies({ line }: { line: Line }) {
  if (line.bodies.length === 0) return <p className="worlds-hint">{line.what}</p>;
  return line.bodies.map(({ title, json }) => (
    <section key={title}>
      <h4>{title}</h4>
      <JsonTree value={json} />
    </section>
  ));
}

function timeOf(at: number): string {
  const milliseconds = Math.floor((at % 1) * 1000);
  return `${CLOCK.format(at * 1000)}.${String(milliseconds).padStart(3, "0")}`;
}

function tookOf(seconds: number | null): string {
  if (seconds === null) return "";
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}
