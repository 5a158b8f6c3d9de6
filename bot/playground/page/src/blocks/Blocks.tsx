import type { AnyBlock } from "../slack/types.ts";
import { Block } from "./Block.tsx";
import "./blocks.css";

/** Blocks one below the other. */
export function Blocks({ blocks }: { blocks: AnyBlock[] }) {
  return (
    <div className="blocks">
      {blocks.map((block, index) => (
        <Block key={block.block_id ?? index} block={block} />
      ))}
    </div>
  );
}
