import { useEffect, useState } from "react";
import { sizeWords } from "../media/sizes.ts";
import { Icon } from "../parts/Icon.tsx";
import { IconButton } from "../parts/IconButton.tsx";
import { removeFile } from "./files.ts";

/** The files that go with the next message. */
export function AttachedFiles({ place, files }: { place: string; files: File[] }) {
  if (files.length === 0) return null;
  return (
    <ul className="composer-files" aria-label="Attached files">
      {files.map((file, index) => (
        <li key={`${index}-${file.name}`} className="composer-file">
          {file.type.startsWith("image/") ? <Preview file={file} /> : <Icon name="file" size={24} />}
          <span className="file-words">
            <strong>{file.name}</strong>
            <span className="soft">{sizeWords(file.size)}</span>
          </span>
          <IconButton icon="close" label={`Remove ${file.name}`} onClick={() => removeFile(place, file)} />
        </li>
      ))}
    </ul>
  );
}

function Preview({ file }: { file: File }) {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return <img src={address} alt="" width={36} height={36} />;
}
