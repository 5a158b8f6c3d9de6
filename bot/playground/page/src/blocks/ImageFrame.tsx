import type { ImageBlock } from "@slack/types";
import { Picture } from "../media/Picture.tsx";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { imageAddress } from "./images.ts";

export function ImageFrame({ block }: { block: ImageBlock }) {
  return (
    <figure className="image-frame">
      {block.title && (
        <figcaption className="media-title">
          <Words words={block.title} />
        </figcaption>
      )}
      <Picture address={imageAddress(block)} alt={block.alt_text} />
    </figure>
  );
}
