import type { VideoBlock } from "@slack/types";
import { useState } from "react";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { Anchor } from "../mrkdwn/Nodes.tsx";

/** A video of another site: its picture until it is clicked, then that site's player. */
export function Video({ block }: { block: VideoBlock }) {
  const [isPlaying, setPlaying] = useState(false);
  const about = [block.author_name, block.provider_name].filter(Boolean).join(" · ");
  return (
    <figure className="video-frame">
      <figcaption>
        {about && <span className="context-words">{about}</span>}
        <strong>
          {block.title_url ? (
            <Anchor url={block.title_url}>
              <Words words={block.title} />
            </Anchor>
          ) : (
            <Words words={block.title} />
          )}
        </strong>
        {block.description && (
          <span>
            <Words words={block.description} />
          </span>
        )}
      </figcaption>
      {isPlaying ? (
        <iframe
          src={block.video_url}
          title={block.alt_text}
          allow="autoplay; fullscreen"
          sandbox="allow-scripts allow-same-origin allow-presentation"
        />
      ) : (
        <button
          type="button"
          className="video-poster"
          onClick={() => setPlaying(true)}
          aria-label={`Play ${block.alt_text}`}
        >
          <img src={block.thumbnail_url} alt="" />
          <span className="video-play" aria-hidden="true" />
        </button>
      )}
    </figure>
  );
}
