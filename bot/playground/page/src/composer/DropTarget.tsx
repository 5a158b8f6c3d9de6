import { type DragEvent, type ReactNode, useState } from "react";
import { focusComposer } from "./drafts.ts";
import { addFiles } from "./files.ts";

interface DropTargetProps {
  place: string;
  title: string;
  children: ReactNode;
}

/** Takes files that are dropped anywhere on a conversation. */
export function DropTarget({ place, title, children }: DropTargetProps) {
  const [depth, setDepth] = useState(0);
  const carries = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setDepth(0);
    addFiles(place, [...event.dataTransfer.files]);
    focusComposer(place);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the pointer; the button in the composer is for everybody
    <div
      className="drop-target"
      onDragEnter={(event) => carries(event) && setDepth((now) => now + 1)}
      onDragLeave={(event) => carries(event) && setDepth((now) => now - 1)}
      onDragOver={(event) => event.preventDefault()}
      onDrop={dropped}
    >
      {children}
      {depth > 0 && <div className="drop-sign">Drop files to attach them to {title}</div>}
    </div>
  );
}
