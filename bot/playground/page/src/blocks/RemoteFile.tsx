import type { FileBlock } from "@slack/types";
import { Icon } from "../parts/Icon.tsx";

/** A file that lies elsewhere; Slack tells of it no more than its id. */
export function RemoteFile({ block }: { block: FileBlock }) {
  return (
    <div className="file-card">
      <Icon name="file" size={28} />
      <span className="file-words">
        <strong>{block.external_id}</strong>
        <span className="soft">File from elsewhere ({block.source})</span>
      </span>
    </div>
  );
}
