import type { InputElement, TextObject } from "../blocks/surface.ts";
import { Trouble } from "./ButtonElement.tsx";
import { fromLocal, toLocal } from "./datetimes.ts";
import { useElement, useNames } from "./useElement.tsx";

const INPUT_TYPES: Record<string, string> = {
  datepicker: "date",
  timepicker: "time",
  datetimepicker: "datetime-local",
};

/** A date, a time, or both, with the browser's own picker. */
export function DateField({ element, blockId }: { element: InputElement; blockId: string }) {
  const { entry, change, hasFailed, question } = useElement(element, blockId);
  const hasBoth = element.type === "datetimepicker";
  const placeholder = (element.placeholder as TextObject | undefined)?.text;
  return (
    <span className="button-place">
      <input
        className="field is-date"
        type={INPUT_TYPES[element.type]}
        title={placeholder}
        {...useNames(placeholder ?? "Date or time")}
        value={hasBoth ? toLocal(entry as number | null) : String(entry ?? "")}
        onChange={(event) => change(hasBoth ? fromLocal(event.target.value) : event.target.value || null)}
      />
      {hasFailed && <Trouble />}
      {question}
    </span>
  );
}
