import { type FormEvent, useCallback, useRef, useState } from "react";
import { Blocks } from "../blocks/Blocks.tsx";
import type { Entry } from "../elements/entry.ts";
import { tried } from "../messages/deeds.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { act, ask, CannotDo } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { View } from "../slack/types.ts";
import { ownErrors, valuesOf } from "./entries.ts";
import { keepEntry, useEntries } from "./kept.ts";
import { ViewSurface } from "./ViewSurface.tsx";
import "./modals.css";

const NO_CONNECTION = "We had some trouble connecting. Try again?";

/** One view: its blocks, and what sends or closes it. What is wrong stands at its field. */
export function Modal({ view, isStacked }: { view: View; isStacked: boolean }) {
  const person = useSight((sight) => sight.person);
  const entries = useEntries(view.id);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const [trouble, setTrouble] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const place = { user: person, view_id: view.id };

  const enter = useCallback(
    (key: string, entry: Entry) => {
      keepEntry(view.id, key, entry);
      setErrors(({ [key.slice(0, key.lastIndexOf("/"))]: _mended, ...others }) => others);
    },
    [view.id],
  );
  const show = (found: Record<string, string>) => {
    setErrors(found);
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>(".has-error :is(input, textarea)")?.focus());
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const found = ownErrors(view, entries);
    setTrouble(null);
    show(found);
    if (Object.keys(found).length > 0) return;
    setBusy(true);
    try {
      const ack = await ask("submit_view", { ...place, values: valuesOf(view, entries) });
      const answer = ack.body as { response_action?: string; errors?: Record<string, string> } | null;
      if (ack.error !== null) setTrouble(NO_CONNECTION);
      else if (answer?.response_action === "errors") show(answer.errors ?? {});
    } catch (error) {
      setTrouble(error instanceof CannotDo ? error.message : NO_CONNECTION);
    } finally {
      setBusy(false);
    }
  };
  const close = (clear: boolean) => void tried(() => act("close_view", { ...place, clear }));

  const footer = (
    <>
      <button type="button" className="button" onClick={() => close(view.clear_on_close)}>
        {view.close?.text ?? "Cancel"}
      </button>
      {view.submit && (
        <button type="submit" form={view.id} className="button is-primary" aria-busy={isBusy}>
          {view.submit.text}
        </button>
      )}
    </>
  );
  const back = isStacked && <IconButton icon="back" label="Back" onClick={() => close(false)} />;
  return (
    <Dialog title={view.title?.text ?? ""} onClose={() => close(view.clear_on_close)} footer={footer} before={back}>
      <form ref={form} id={view.id} noValidate onSubmit={(event) => void submit(event)}>
        {trouble && (
          <p className="modal-trouble" role="alert">
            {trouble}
          </p>
        )}
        <ViewSurface view={view} entries={entries} errors={errors} onEnter={enter}>
          <Blocks blocks={view.blocks} />
        </ViewSurface>
      </form>
    </Dialog>
  );
}
