import { type FormEvent, useEffect, useId, useState } from "react";
import { CALLS, TROUBLES, WEBHOOKS } from "./codes.ts";
import { useHeyGen } from "./heygen.ts";
import { Jobs } from "./Jobs.tsx";
import { NextVideo } from "./NextVideo.tsx";
import { Choice, Part, Said, useOrders } from "./Order.tsx";
import { heygen } from "./orders.ts";

/** HeyGen's side: what it is doing, what is left in the wallet, and every trouble it can make. */
export function HeyGen() {
  return (
    <div className="worlds-scroll">
      <Account />
      <Jobs />
      <NextVideo />
      <Calls />
      <Webhooks />
    </div>
  );
}

function Account() {
  const { running, settings } = useHeyGen();
  const { said, isRefused, give } = useOrders();
  const set = (name: string) => (value: number) => give(heygen.set({ [name]: value }), "");
  return (
    <Part title="Account">
      <div className="worlds-gauges">
        <div className="worlds-gauge">
          <span className="worlds-label">Running</span>
          <strong>
            {running} <small>of {settings.concurrency}</small>
          </strong>
          <meter aria-label="Places in use" min={0} max={Math.max(1, settings.concurrency)} value={running} />
        </div>
        <Amount label="Places" value={settings.concurrency} step={1} onSet={set("concurrency")} />
        <Amount label="Wallet, $" value={settings.wallet} step={0.5} onSet={set("wallet")} />
        <Amount label="Speed, ×" value={settings.speed} step={0.5} onSet={set("speed")} />
      </div>
      <Said said={said} isRefused={isRefused} />
    </Part>
  );
}

interface AmountProps {
  label: string;
  value: number;
  step: number;
  onSet: (value: number) => void;
}

/** A number that is set by Enter or by leaving the field. */
function Amount({ label, value, step, onSet }: AmountProps) {
  const known = String(Math.round(value * 100) / 100);
  const [typed, type] = useState(known);
  useEffect(() => type(known), [known]);
  const set = () => {
    const isNumber = typed.trim() !== "" && Number.isFinite(Number(typed));
    if (isNumber && typed !== known) onSet(Number(typed));
    else type(known);
  };
  return (
    <label className="worlds-gauge">
      <span className="worlds-label">{label}</span>
      <input
        type="number"
        min={0}
        step={step}
        value={typed}
        onChange={(event) => type(event.target.value)}
        onBlur={set}
        onKeyDown={(event) => event.key === "Enter" && set()}
      />
    </label>
  );
}

const SLOW_SECONDS = 3;

function Calls() {
  const { faults, settings } = useHeyGen();
  const { said, isRefused, give } = useOrders();
  const [on, setOn] = useState<string>("any");
  const [trouble, setTrouble] = useState<string>("429");
  const order = (event: FormEvent) => {
    event.preventDefault();
    const chosen = TROUBLES.find(([name]) => name === trouble) ?? TROUBLES[0];
    give(heygen.trouble({ on, ...chosen[2] }), "Ordered for the next one.");
  };
  return (
    <Part title="Calls to HeyGen">
      <form className="worlds-row" onSubmit={order}>
        <Pick label="The next" value={on} options={CALLS} onPick={setOn} />
        <Pick label="gets" value={trouble} options={TROUBLES} onPick={setTrouble} />
        <button type="submit" className="button is-small">
          Order trouble
        </button>
      </form>
      {faults.length > 0 && (
        <ul className="worlds-faults" aria-label="Ordered troubles">
          {faults.map((fault, place) => (
            <li key={place}>
              {CALLS.find(([name]) => name === fault.on)?.[1] ?? fault.on}: {fault.does}
              {fault.times > 1 && `, ${fault.times} times`}
            </li>
          ))}
        </ul>
      )}
      <label className="worlds-check">
        <input
          type="checkbox"
          checked={settings.slow > 0}
          onChange={(event) => give(heygen.set({ slow: event.target.checked ? SLOW_SECONDS : 0 }), "")}
        />
        <span>Slow: every call takes {SLOW_SECONDS} s longer</span>
      </label>
      <Said said={said} isRefused={isRefused} />
    </Part>
  );
}

interface PickProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string, ...unknown[]])[];
  onPick: (value: string) => void;
}

function Pick({ label, value, options, onPick }: PickProps) {
  const id = useId();
  return (
    <div className="worlds-pick">
      <label htmlFor={id} className="worlds-label">
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onPick(event.target.value)}>
        {options.map(([name, words]) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

const ONCE_LATE_SECONDS = 8;

function Webhooks() {
  const mode = useHeyGen((now) => now.settings.webhooks);
  const { said, isRefused, give } = useOrders();
  const choose = (wish: string) => {
    const delay = wish === "late" ? { delay: ONCE_LATE_SECONDS } : {};
    give(heygen.set({ webhooks: { mode: wish, ...delay } }), "");
  };
  return (
    <Part title="Webhooks" hint="They only make the app look sooner; what it believes is what HeyGen answers.">
      <Choice legend="How webhooks travel" name="worlds-webhooks" value={mode} options={WEBHOOKS} onChoose={choose} />
      <Said said={said} isRefused={isRefused} />
    </Part>
  );
}
