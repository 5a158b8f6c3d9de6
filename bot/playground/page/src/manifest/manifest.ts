import { create } from "zustand";

export interface Command {
  command: string;
  description: string;
  usage_hint?: string;
}

export interface Shortcut {
  name: string;
  type: "global" | "message";
  callback_id: string;
  description: string;
}

/** What the app offers, as its manifest says. */
export interface Manifest {
  name: string;
  description: string;
  commands: Command[];
  shortcuts: Shortcut[];
}

export const useManifest = create<Manifest>(() => ({ name: "", description: "", commands: [], shortcuts: [] }));

export async function readManifest(): Promise<void> {
  const response = await fetch("/manifest");
  if (response.ok) useManifest.setState((await response.json()) as Manifest);
}
