import type { FeedbackButtons as Feedback } from "@slack/types";
import { useState } from "react";
import type { InputElement } from "../blocks/surface.ts";
import { Icon } from "../parts/Icon.tsx";
import { Trouble } from "./ButtonElement.tsx";
import { useElement } from "./useElement.tsx";

export function FeedbackButtons({ element, blockId }: { element: Feedback; blockId: string }) {
  const { hasFailed, press } = useElement(element as unknown as InputElement, blockId);
  const [given, setGiven] = useState<string | null>(null);
  const sides = [
    { ...element.positive_button, icon: "thumbUp" },
    { ...element.negative_button, icon: "thumbDown" },
  ] as const;
  return (
    <>
      {sides.map(({ text, value, accessibility_label, icon }) => (
        <button
          key={icon}
          type="button"
          className="icon-button"
          aria-label={accessibility_label ?? text.text}
          aria-pressed={given === value}
          title={text.text}
          onClick={() => {
            setGiven(value);
            press(value);
          }}
        >
          <Icon name={icon} size={18} />
        </button>
      ))}
      {hasFailed && <Trouble />}
    </>
  );
}
