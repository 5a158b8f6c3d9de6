import { type FormEvent, useState } from "react";
import { FAILURES } from "./codes.ts";
import { Part, Said, useOrders } from "./Order.tsx";
import { type Course, heygen } from "./orders.ts";

const WISHES = [
  ["ask", "asks a question"],
  ["review", "shows a storyboard"],
  ["slow", "takes ten times as long"],
  ["fail", "fails with"],
] as const;
type Wish = (typeof WISHES)[number][0];

const QUESTION = "Which background would you like?\n- Office\n- Beach\n- Studio";
const SLOWER = 10;

/** Lays down the course of the next video, or of the next version. */
export function NextVideo() {
  const [wishes, wish] = useState<ReadonlySet<Wish>>(new Set());
  const [of, choose] = useState<"session_plan" | "revision_plan">("session_plan");
  const [code, setCode] = useState("rendering_failed");
  const { said, isRefused, give } = useOrders();
  const order = (event: FormEvent) => {
    event.preventDefault();
    give(heygen.course(of, courseOf(wishes, code)), `Ordered: ${sentence(of, wishes, code)}.`);
    wish(new Set());
  };
  return (
    <Part title="What comes next">
      <form className="worlds-next" onSubmit={order}>
        <select aria-label="Whose course" value={of} onChange={(event) => choose(event.target.value as typeof of)}>
          <option value="session_plan">The next video</option>
          <option value="revision_plan">The next version</option>
        </select>
        {WISHES.map(([name, words]) => (
          <div key={name} className="worlds-check">
            <label>
              <input type="checkbox" checked={wishes.has(name)} onChange={() => wish(toggled(wishes, name))} />
              <span>{words}</span>
            </label>
            {name === "fail" && (
              <select
                aria-label="Reason of the failure"
                value={code}
                onChange={(event) => {
                  setCode(event.target.value);
                  wish(new Set([...wishes, "fail"]));
                }}
              >
                {FAILURES.map(([one]) => (
                  <option key={one}>{one}</option>
                ))}
              </select>
            )}
          </div>
        ))}
        <button type="submit" className="button is-small" disabled={wishes.size === 0}>
          Order it
        </button>
      </form>
      <Said said={said} isRefused={isRefused} />
    </Part>
  );
}

function courseOf(wishes: ReadonlySet<Wish>, code: string): Course {
  const message = FAILURES.find(([one]) => one === code)?.[1] ?? code;
  return {
    ...(wishes.has("ask") && { ask: [QUESTION] }),
    ...(wishes.has("review") && { review: true }),
    ...(wishes.has("slow") && { slower: SLOWER }),
    ...(wishes.has("fail") && { fail: { code, message } }),
  };
}

function sentence(of: string, wishes: ReadonlySet<Wish>, code: string): string {
  const chosen = WISHES.filter(([name]) => wishes.has(name)).map(([name, words]) =>
    name === "fail" ? `${words} ${code}` : words,
  );
  return `the next ${of === "session_plan" ? "video" : "version"} ${chosen.join(", ")}`;
}

function toggled(wishes: ReadonlySet<Wish>, name: Wish): Set<Wish> {
  const after = new Set(wishes);
  if (!after.delete(name)) after.add(name);
  return after;
}
