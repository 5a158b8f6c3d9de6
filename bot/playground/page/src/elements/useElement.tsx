import type { Confirm } from "@slack/types";
import { type ReactNode, useState } from "react";
import { useField } from "../blocks/field.ts";
import { type Choice, type InputElement, useSurface } from "../blocks/surface.ts";
import { ConfirmDialog } from "./ConfirmDialog.tsx";
import type { Entry } from "./entry.ts";

export interface ElementHandle {
  entry: Entry;
  isBusy: boolean;
  /** The app refused or did not answer the last time. */
  hasFailed: boolean;
  /** Tells the app at once, as a button does. */
  press: (value?: string, entry?: Entry) => void;
  /** Enters something; the app hears of it where no form holds it back. */
  change: (entry: Entry) => void;
  /** The question that comes before, while it is asked. */
  question: ReactNode;
}

/** One element at work: what is entered, and what happens when somebody uses it. */
export function useElement(element: InputElement, blockId: string): ElementHandle {
  const surface = useSurface();
  const field = useField();
  const [state, setState] = useState<"rest" | "busy" | "failed">("rest");
  const [asked, setAsked] = useState<{ confirm: Confirm; go: () => void } | null>(null);

  const send = async (choice: Choice) => {
    setState("busy");
    const isHeard = await surface.choose(choice).then(
      (ack) => ack.error === null,
      () => false,
    );
    setState(isHeard ? "rest" : "failed");
  };
  const afterQuestion = (go: () => void) => {
    if (element.confirm) setAsked({ confirm: element.confirm as Confirm, go });
    else go();
  };
  const press = (value?: string, entry?: Entry) =>
    afterQuestion(
      () => void send({ blockId, actionId: element.action_id ?? "", value, ...(entry === undefined ? {} : { entry }) }),
    );
  const change = (entry: Entry) => {
    if (field && !field.dispatches) {
      surface.enter(blockId, element, entry);
      return;
    }
    afterQuestion(() => {
      surface.enter(blockId, element, entry);
      void send({ blockId, actionId: element.action_id ?? "", entry });
    });
  };
  const question = asked && (
    <ConfirmDialog
      confirm={asked.confirm}
      onAnswer={(isYes) => {
        setAsked(null);
        if (isYes) asked.go();
      }}
    />
  );
  const entry = surface.entryOf(blockId, element);
  return { entry, isBusy: state === "busy", hasFailed: state === "failed", press, change, question };
}

/** How a field is named for those who do not see it. */
export function useNames(fallback: string) {
  const field = useField();
  if (field === null) return { "aria-label": fallback };
  return {
    id: field.id,
    "aria-labelledby": field.labelledBy,
    "aria-describedby": field.describedBy,
    "aria-invalid": field.isInvalid || undefined,
    "aria-required": field.isRequired || undefined,
  };
}
