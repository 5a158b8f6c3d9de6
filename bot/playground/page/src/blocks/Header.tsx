import type { HeaderBlock } from "@slack/types";
import { Words } from "../mrkdwn/Mrkdwn.tsx";

export function Header({ block }: { block: HeaderBlock }) {
  return (
    <h2 className="header">
      <Words words={block.text} />
    </h2>
  );
}
