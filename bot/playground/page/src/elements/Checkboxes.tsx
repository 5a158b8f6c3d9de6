import type { Checkboxes as Boxes } from "@slack/types";
import { useId } from "react";
import type { InputElement, OptionObject } from "../blocks/surface.ts";
import { Trouble } from "./ButtonElement.tsx";
import { OptionList } from "./OptionList.tsx";
import { useElement, useNames } from "./useElement.tsx";

export function Checkboxes({ element, blockId }: { element: Boxes; blockId: string }) {
  const { entry, change, hasFailed, question } = useElement(element as unknown as InputElement, blockId);
  const chosen = (entry as OptionObject[] | null) ?? [];
  const {
    "aria-invalid": _invalid,
    "aria-required": _required,
    ...names
  } = { "aria-invalid": undefined, "aria-required": undefined, ...useNames("Choose any") };
  return (
    <>
      <OptionList
        type="checkbox"
        name={useId()}
        options={element.options as OptionObject[]}
        isChosen={(option) => chosen.some((one) => one.value === option.value)}
        onChange={(option, isChosen) => {
          const others = chosen.filter((one) => one.value !== option.value);
          change(isChosen ? [...others, option] : others);
        }}
        names={names}
      />
      {hasFailed && <Trouble />}
      {question}
    </>
  );
}
