import type { InputBlock } from "@slack/types";
import { useId } from "react";
import { Element } from "../elements/Element.tsx";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { Icon } from "../parts/Icon.tsx";
import { FieldContext } from "./field.ts";
import { blockId, useSurface } from "./surface.ts";

const GROUPS = ["radio_buttons", "checkboxes", "file_input"];

/** A label with its field; what is wrong with it stands below. */
export function Input({ block }: { block: InputBlock }) {
  const { errors } = useSurface();
  const id = useId();
  const error = errors[blockId(block)];
  const labels = { label: `${id}-label`, hint: block.hint && `${id}-hint`, error: error && `${id}-error` };
  const described = [labels.error, labels.hint].filter(Boolean).join(" ") || undefined;
  const isGroup = GROUPS.includes(block.element.type);
  const label = (
    <>
      <Words words={block.label} />
      {block.optional && <span className="input-optional"> (optional)</span>}
    </>
  );
  return (
    <div className={`input ${error ? "has-error" : ""}`} data-block={blockId(block)}>
      {isGroup ? (
        <span id={labels.label} className="input-label">
          {label}
        </span>
      ) : (
        <label id={labels.label} htmlFor={id} className="input-label">
          {label}
        </label>
      )}
      <FieldContext
        value={{
          id,
          labelledBy: labels.label,
          describedBy: described,
          isInvalid: Boolean(error),
          isRequired: !block.optional,
          dispatches: block.dispatch_action ?? false,
        }}
      >
        <Element element={block.element} blockId={blockId(block)} />
      </FieldContext>
      {error && (
        <p id={labels.error} className="input-error">
          <Icon name="warning" size={16} /> {error}
        </p>
      )}
      {block.hint && (
        <p id={labels.hint} className="input-hint">
          <Words words={block.hint} />
        </p>
      )}
    </div>
  );
}
