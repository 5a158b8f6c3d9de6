import { type ReactNode, useEffect, useState } from "react";

const SAID_MS = 8_000; // what was done is told so long; why it was not stays until the next order

/** Carries out orders and keeps what came of the last one, in words. */
export function useOrders(): { said: string; isRefused: boolean; give: (order: Promise<void>, done: string) => void } {
  const [outcome, tell] = useState({ said: "", isRefused: false });
  useEffect(() => {
    if (outcome.isRefused || !outcome.said) return;
    const timer = setTimeout(() => tell({ said: "", isRefused: false }), SAID_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const give = (order: Promise<void>, done: string) => {
    order.then(
      () => tell({ said: done, isRefused: false }),
      (trouble: unknown) =>
        tell({ said: trouble instanceof Error ? trouble.message : String(trouble), isRefused: true }),
    );
  };
  return { ...outcome, give };
}

/** What came of an order; read aloud when it changes. */
export function Said({ said, isRefused }: { said: string; isRefused: boolean }) {
  return (
    <p className="worlds-said" data-refused={isRefused} role="status">
      {said}
    </p>
  );
}

interface ChoiceProps<T extends string> {
  legend: string;
  name: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
}

/** A few words side by side of which one holds. */
export function Choice<T extends string>({ legend, name, value, options, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset className="worlds-choice">
      <legend>{legend}</legend>
      <div>
        {options.map(([option, label]) => (
          <label key={option}>
            <input type="radio" name={name} checked={option === value} onChange={() => onChoose(option)} />
            <span className="worlds-option">{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** A titled part of the panel. */
export function Part({ title, hint, children }: { title: string; hint?: string; children: ReactNode }) {
  return (
    <section className="worlds-part">
      <h3>{title}</h3>
      {hint && <p className="worlds-hint">{hint}</p>}
      {children}
    </section>
  );
}
