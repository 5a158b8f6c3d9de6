import type { ImageElement } from "@slack/types";
import { imageAddress } from "../blocks/images.ts";

/** An image beside a section or among a context's words. */
export function SmallImage({ element, size }: { element: ImageElement; size: number }) {
  return (
    <img
      className="small-image"
      src={imageAddress(element)}
      alt={element.alt_text}
      width={size}
      height={size}
      loading="lazy"
    />
  );
}
