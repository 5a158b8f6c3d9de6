import type { IconButton } from "@slack/types";
import type { InputElement } from "../blocks/surface.ts";
import { Icon } from "../parts/Icon.tsx";
import { useSight } from "../slack/store.ts";
import { Trouble } from "./ButtonElement.tsx";
import { useElement } from "./useElement.tsx";

/** Slack knows the icon “trash” and no other. */
export function IconAction({ element, blockId }: { element: IconButton; blockId: string }) {
  const { hasFailed, press, question } = useElement(element as unknown as InputElement, blockId);
  const person = useSight((sight) => sight.person);
  if (element.visible_to_user_ids && !element.visible_to_user_ids.includes(person)) return null;
  const label = element.accessibility_label ?? element.text.text;
  return (
    <>
      <button
        type="button"
        className="icon-button"
        aria-label={label}
        title={element.text.text}
        onClick={() => press(element.value)}
      >
        {element.icon === "trash" ? <Icon name="trash" size={18} /> : element.text.text}
      </button>
      {hasFailed && <Trouble />}
      {question}
    </>
  );
}
