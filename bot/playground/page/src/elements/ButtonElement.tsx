import type { Button } from "@slack/types";
import type { InputElement } from "../blocks/surface.ts";
import { Plain } from "../mrkdwn/Mrkdwn.tsx";
import { Icon } from "../parts/Icon.tsx";
import { useElement } from "./useElement.tsx";

export function ButtonElement({ element, blockId }: { element: Button; blockId: string }) {
  const { isBusy, hasFailed, press, question } = useElement(element as unknown as InputElement, blockId);
  const look = element.style === "primary" ? "is-primary" : element.style === "danger" ? "is-danger" : "";
  const shared = { className: `button is-small ${look}`, "aria-label": element.accessibility_label };
  const words = <Plain text={element.text.text} hasEmoji={element.text.emoji ?? true} />;
  return (
    <span className="button-place">
      {element.url ? (
        <a {...shared} href={element.url} target="_blank" rel="noreferrer" onClick={() => press(element.value)}>
          {words}
          <Icon name="external" size={14} />
        </a>
      ) : (
        <button {...shared} type="button" aria-busy={isBusy} onClick={() => !isBusy && press(element.value)}>
          {words}
        </button>
      )}
      {hasFailed && <Trouble />}
      {question}
    </span>
  );
}

/** Slack's sign for a click that the app did not answer. */
export function Trouble() {
  return (
    <span className="trouble" role="alert" title="The app did not answer in time. Try again.">
      <Icon name="warning" size={18} />
      <span className="hidden-words">The app did not answer. Try again.</span>
    </span>
  );
}
