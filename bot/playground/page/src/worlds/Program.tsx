import { Choice, Said, useOrders } from "./Order.tsx";
import { app } from "./orders.ts";
import { type ProgramState, useProgram } from "./program.ts";

const WORDS: Record<string, string> = { running: "Running", starting: "Starting …", ended: "Ended", "": "…" };
const MODES = [
  ["socket", "Socket Mode"],
  ["http", "HTTP"],
] as const;

/** The app itself: how it is, and how to make its life hard. Nothing it has acknowledged is lost by that. */
export function Program() {
  const program = useProgram();
  const { said, isRefused, give } = useOrders();
  const isUp = program.state !== "ended";
  return (
    <section className="worlds-app" aria-labelledby="worlds-app">
      <div className="worlds-app-state">
        <h3 id="worlds-app">The app</h3>
        <span className="worlds-state" data-state={program.state}>
          {WORDS[program.state] ?? program.state}
        </span>
        <span className="worlds-hint">{details(program)}</span>
      </div>
      <div className="worlds-app-orders">
        <button
          type="button"
          className="button is-small is-danger"
          disabled={!isUp}
          title="Kills it at once, as a power cut would; it is started again by itself"
          onClick={() => give(app.crash(), "Crashed. It starts again by itself and goes on.")}
        >
          Crash
        </button>
        <button
          type="button"
          className="button is-small"
          title="Ends it properly and starts it again, as a deployment does"
          onClick={() => give(app.restart(), "Restarting.")}
        >
          Restart
        </button>
        {isUp ? (
          <button
            type="button"
            className="button is-small"
            onClick={() => give(app.stop(), "Stopped until you start it.")}
          >
            Stop
          </button>
        ) : (
          <button type="button" className="button is-small" onClick={() => give(app.start(), "Starting.")}>
            Start
          </button>
        )}
        <Choice
          legend="How Slack reaches it"
          name="worlds-mode"
          value={program.mode}
          options={MODES}
          onChoose={(mode) => give(app.mode(mode), "Deploying it anew.")}
        />
      </div>
      <Said said={said} isRefused={isRefused} />
    </section>
  );
}

function details({ pid, restarts }: ProgramState): string {
  const times = restarts === 1 ? "restarted once" : `restarted ${restarts} times`;
  return [pid === null ? "" : `process ${pid}`, restarts ? times : ""].filter(Boolean).join(" · ");
}
