import type { InputElement, OptionObject, TextObject } from "../blocks/surface.ts";
import { Trouble } from "./ButtonElement.tsx";
import { Combobox } from "./Combobox.tsx";
import { isReference, useOptions } from "./options.ts";
import { useElement, useNames } from "./useElement.tsx";

/** Every select: of fixed options, of the app's, of people, conversations or channels; of one or of several. */
export function Select({ element, blockId }: { element: InputElement; blockId: string }) {
  const { entry, change, hasFailed, question } = useElement(element, blockId);
  const { load, named } = useOptions(element, blockId);
  const isMulti = element.type.startsWith("multi_");
  const chosen = entriesOf(entry).map((one) => (typeof one === "string" ? named(one) : one));
  const stored = (option: OptionObject) => (isReference(element) ? option.value : option);
  const placeholder = (element.placeholder as TextObject | undefined)?.text ?? "Select an option";
  return (
    <span className="select-place">
      <Combobox
        chosen={chosen}
        isMulti={isMulti}
        most={(element.max_selected_items as number | undefined) ?? Number.POSITIVE_INFINITY}
        load={load}
        shortestQuery={
          element.type.endsWith("external_select") ? ((element.min_query_length as number | undefined) ?? 3) : 0
        }
        placeholder={placeholder}
        names={useNames(placeholder)}
        onChange={(options) =>
          change(isMulti ? (options.map(stored) as OptionObject[] | string[]) : options[0] ? stored(options[0]) : null)
        }
      />
      {hasFailed && <Trouble />}
      {question}
    </span>
  );
}

function entriesOf(entry: unknown): (string | OptionObject)[] {
  if (entry === null || entry === undefined) return [];
  return (Array.isArray(entry) ? entry : [entry]) as (string | OptionObject)[];
}
