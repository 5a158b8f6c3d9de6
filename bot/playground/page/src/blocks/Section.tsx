import type { SectionBlock } from "@slack/types";
import { Element } from "../elements/Element.tsx";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { blockId } from "./surface.ts";

export function Section({ block }: { block: SectionBlock }) {
  return (
    <div className="section">
      <div className="section-words">
        {block.text && <Words words={block.text} />}
        {block.fields && (
          <div className="section-fields">
            {block.fields.map((field, index) => (
              <div key={index}>
                <Words words={field} />
              </div>
            ))}
          </div>
        )}
      </div>
      {block.accessory && (
        <div className="section-accessory">
          <Element element={block.accessory} blockId={blockId(block)} imageSize={88} />
        </div>
      )}
    </div>
  );
}
