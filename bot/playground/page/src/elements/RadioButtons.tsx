import type { RadioButtons as Radio } from "@slack/types";
import { useId } from "react";
import type { InputElement, OptionObject } from "../blocks/surface.ts";
import { Trouble } from "./ButtonElement.tsx";
import { OptionList } from "./OptionList.tsx";
import { useElement, useNames } from "./useElement.tsx";

export function RadioButtons({ element, blockId }: { element: Radio; blockId: string }) {
  const { entry, change, hasFailed, question } = useElement(element as unknown as InputElement, blockId);
  const chosen = entry as OptionObject | null;
  return (
    <>
      <OptionList
        type="radio"
        name={useId()}
        options={element.options as OptionObject[]}
        isChosen={(option) => option.value === chosen?.value}
        onChange={(option) => change(option)}
        names={useNames("Choose one")}
      />
      {hasFailed && <Trouble />}
      {question}
    </>
  );
}
