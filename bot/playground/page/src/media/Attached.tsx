import { Icon } from "../parts/Icon.tsx";
import { fileAddress } from "../slack/control.ts";
import type { SlackFile } from "../slack/types.ts";
import { Picture } from "./Picture.tsx";
import { sizeWords } from "./sizes.ts";
import "./media.css";

/** Files of a message: video, audio and images play and show in place, others are for download. */
export function Attached({ files }: { files: SlackFile[] }) {
  return (
    <div className="attached">
      {files.map((file) => (
        <OneFile key={file.id} file={file} />
      ))}
    </div>
  );
}

function OneFile({ file }: { file: SlackFile }) {
  if (file.mode === "tombstone") return <p className="file-card soft">This file was deleted.</p>;
  const address = fileAddress(file.id);
  const name = file.title || file.name || file.id;
  switch (file.mimetype?.split("/")[0]) {
    case "video":
      return (
        <figure className="player">
          <FileTitle file={file} name={name} />
          {/* biome-ignore lint/a11y/useMediaCaption: captions come as a file of their own, if at all */}
          <video src={address} controls preload="metadata" playsInline aria-label={name} />
        </figure>
      );
    case "audio":
      return (
        <figure className="player is-audio">
          <FileTitle file={file} name={name} />
          {/* biome-ignore lint/a11y/useMediaCaption: what is said stands in the message */}
          <audio src={address} controls preload="metadata" aria-label={name} />
        </figure>
      );
    case "image":
      return (
        <figure className="image-frame">
          <FileTitle file={file} name={name} />
          <Picture address={address} alt={file.alt_txt || name} />
        </figure>
      );
    default:
      return (
        <a className="file-card" href={address} download={file.name}>
          <Icon name="file" size={28} />
          <span className="file-words">
            <strong>{name}</strong>
            <span className="soft">{[file.pretty_type, sizeWords(file.size ?? 0)].filter(Boolean).join(" · ")}</span>
          </span>
          <Icon name="download" />
        </a>
      );
  }
}

function FileTitle({ file, name }: { file: SlackFile; name: string }) {
  return (
    <figcaption className="media-title">
      {name}
      <a href={fileAddress(file.id)} download={file.name} aria-label={`Download ${name}`} title="Download">
        <Icon name="download" size={15} />
      </a>
    </figcaption>
  );
}
