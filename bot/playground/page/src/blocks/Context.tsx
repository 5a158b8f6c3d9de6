import type { ContextBlock } from "@slack/types";
import { Element } from "../elements/Element.tsx";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { blockId } from "./surface.ts";

export function Context({ block }: { block: ContextBlock }) {
  return (
    <div className="context">
      {block.elements.map((element, index) =>
        element.type === "mrkdwn" || element.type === "plain_text" ? (
          <span key={index} className="context-words">
            <Words words={element} />
          </span>
        ) : (
          <Element key={index} element={element} blockId={blockId(block)} imageSize={20} />
        ),
      )}
    </div>
  );
}
