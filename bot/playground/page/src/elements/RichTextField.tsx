import type { RichTextBlock, RichTextInput } from "@slack/types";
import type { InputElement } from "../blocks/surface.ts";
import { plainOf, richOf } from "./richtext.ts";
import { useElement, useNames } from "./useElement.tsx";

/** Formatted text, entered without its formats: each line becomes a section. */
export function RichTextField({ element, blockId }: { element: RichTextInput; blockId: string }) {
  const { entry, change } = useElement(element as unknown as InputElement, blockId);
  return (
    <textarea
      className="field"
      rows={element.min_lines ?? 4}
      placeholder={element.placeholder?.text}
      {...useNames(element.placeholder?.text ?? "Text")}
      value={plainOf(entry as RichTextBlock | null)}
      onChange={(event) => change(event.target.value ? richOf(event.target.value) : null)}
    />
  );
}
