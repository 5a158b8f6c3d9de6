import type { ContextActionsBlock } from "@slack/types";
import { Element } from "../elements/Element.tsx";
import { blockId } from "./surface.ts";

export function ContextActions({ block }: { block: ContextActionsBlock }) {
  return (
    <div className="context-actions">
      {block.elements.map((element, index) => (
        <Element key={element.action_id ?? index} element={element} blockId={blockId(block)} />
      ))}
    </div>
  );
}
