import type { ActionsBlock } from "@slack/types";
import { Element } from "../elements/Element.tsx";
import { blockId } from "./surface.ts";

export function Actions({ block }: { block: ActionsBlock }) {
  return (
    <div className="actions">
      {block.elements.map((element, index) => (
        <Element key={element.action_id ?? index} element={element} blockId={blockId(block)} />
      ))}
    </div>
  );
}
