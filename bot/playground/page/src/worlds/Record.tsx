import { type KeyboardEvent, type Ref, useDeferredValue, useMemo, useState } from "react";
import { type ItemProps, type ListProps, Virtuoso } from "react-virtuoso";
import { isWanted, type Line, WAY_NAMES, WAYS, type Way } from "./lines.ts";
import { RecordLine } from "./RecordLine.tsx";
import { clear, hold, useRecord } from "./record.ts";

/** Everything that passes between the app, Slack and HeyGen, as it happens. */
export function LiveRecord() {
  const { lines, isHeld } = useRecord();
  const [shown, show] = useState<ReadonlySet<Way>>(new Set(WAYS));
  const [troublesOnly, setTroublesOnly] = useState(false);
  const [sought, seek] = useState("");
  const found = useDeferredValue(sought); // bodies are many: typing goes first
  const [opened, open] = useState<ReadonlySet<string>>(new Set());
  const wanted = useMemo(
    () => lines.filter((line) => isWanted(line, shown, troublesOnly, found)),
    [lines, shown, troublesOnly, found],
  );
  return (
    <div className="worlds-record">
      <div className="worlds-filters">
        <fieldset className="worlds-ways">
          <legend className="hidden-words">What is shown</legend>
          {WAYS.map((way) => (
            <label key={way} data-way={way}>
              <input type="checkbox" checked={shown.has(way)} onChange={() => show(toggled(shown, way))} />
              <span className="worlds-way">{WAY_NAMES[way]}</span>
            </label>
          ))}
          <label data-way="troubles">
            <input type="checkbox" checked={troublesOnly} onChange={() => setTroublesOnly(!troublesOnly)} />
            <span className="worlds-way">only troubles</span>
          </label>
        </fieldset>
        <div className="worlds-search">
          <input
            type="search"
            aria-label="Search the record"
            placeholder="Search, bodies too"
            value={sought}
            onChange={(event) => seek(event.target.value)}
          />
          <button type="button" className="button is-small" aria-pressed={isHeld} onClick={() => hold(!isHeld)}>
            {isHeld ? "Go on" : "Hold"}
          </button>
          <button type="button" className="button is-small" onClick={clear}>
            Clear
          </button>
        </div>
      </div>
      {wanted.length === 0 ? (
        <p className="worlds-empty">{lines.length === 0 ? "Nothing has happened yet." : "Nothing of that kind."}</p>
      ) : (
        <Virtuoso
          className="worlds-lines"
          data={wanted}
          computeItemKey={(_, line) => line.key}
          components={PARTS}
          followOutput={(isAtEnd) => (isAtEnd ? "auto" : false)}
          initialTopMostItemIndex={{ index: "LAST", align: "end" }}
          atBottomThreshold={40}
          onKeyDown={walk}
          itemContent={(_, line: Line) => (
            <RecordLine line={line} isOpen={opened.has(line.key)} onToggle={() => open(toggled(opened, line.key))} />
          )}
        />
      )}
      <p className="worlds-count">
        {wanted.length} {wanted.length === 1 ? "line" : "lines"}
        {isHeld && ", held: new ones wait"}
      </p>
    </div>
  );
}

function toggled<T>(set: ReadonlySet<T>, item: T): Set<T> {
  const after = new Set(set);
  if (!after.delete(item)) after.add(item);
  return after;
}

/** The arrow keys go from line to line. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" } as const;
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const item = (event.target as Element).closest("[role=listitem]");
  const next = item?.[step[event.key]]?.querySelector<HTMLElement>(".record-line");
  if (!next) return;
  event.preventDefault();
  next.focus();
}

const PARTS = { List: Lines, Item: LineItem };

function Lines({ ref, context: _, ...props }: ListProps & { ref?: Ref<HTMLDivElement>; context?: unknown }) {
  return <div {...props} ref={ref} role="list" aria-label="Live record" />;
}

function LineItem({ item: _item, context: _, ...props }: ItemProps<Line> & { context?: unknown }) {
  return <div {...props} role="listitem" />;
}
