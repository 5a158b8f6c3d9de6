import { create } from "zustand";

/** Files that wait beside a draft, by the channel's id or the thread's key. */
export const useFiles = create<{ files: Record<string, File[]> }>(() => ({ files: {} }));

export function addFiles(place: string, added: File[]): void {
  useFiles.setState(({ files }) => ({ files: { ...files, [place]: [...(files[place] ?? []), ...added] } }));
}

export function removeFile(place: string, gone: File): void {
  useFiles.setState(({ files }) => ({
    files: { ...files, [place]: (files[place] ?? []).filter((file) => file !== gone) },
  }));
}

export function clearFiles(place: string): void {
  useFiles.setState(({ files }) => ({ files: { ...files, [place]: [] } }));
}
