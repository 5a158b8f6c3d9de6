import type { FileInput } from "@slack/types";
import { useId, useState } from "react";
import type { InputElement } from "../blocks/surface.ts";
import { attached } from "../media/attachments.ts";
import { Icon } from "../parts/Icon.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { act } from "../slack/control.ts";
import { useSight } from "../slack/store.ts";
import type { SlackFile } from "../slack/types.ts";
import { useElement, useNames } from "./useElement.tsx";

/** Files for a form; they are with Slack before the form is sent. */
export function FileField({ element, blockId }: { element: FileInput; blockId: string }) {
  const { entry, change } = useElement(element as unknown as InputElement, blockId);
  const person = useSight((sight) => sight.person);
  const [trouble, setTrouble] = useState("");
  const kept = (entry as SlackFile[] | null) ?? [];
  const most = element.max_files ?? 10;
  const id = useId();
  const add = async (chosen: FileList | null) => {
    try {
      const files = await Promise.all([...(chosen ?? [])].slice(0, most - kept.length).map(attached));
      change([...kept, ...(await act<SlackFile[]>("upload", { user: person, files }))]);
      setTrouble("");
    } catch (error) {
      setTrouble(String(error));
    }
  };
  const types = element.filetypes?.map((type) => `.${type}`).join(",");
  const { id: _own, ...names } = { id: "", ...useNames("Files") };
  return (
    <div className="file-field" role="group" {...names}>
      {kept.map((file) => (
        <div key={file.id} className="file-card">
          <Icon name="file" size={22} />
          <span className="file-words">{file.name}</span>
          <IconButton
            icon="close"
            label={`Remove ${file.name}`}
            onClick={() => change(kept.filter((one) => one.id !== file.id))}
          />
        </div>
      ))}
      {kept.length < most && (
        <label className="button is-small" htmlFor={id}>
          <Icon name="add" size={16} /> Add {most === 1 ? "a file" : "files"}
          <input
            id={id}
            type="file"
            className="hidden-words"
            multiple={most > 1}
            accept={types}
            onChange={(event) => void add(event.target.files)}
          />
        </label>
      )}
      {trouble && <p className="input-error">{trouble}</p>}
    </div>
  );
}
