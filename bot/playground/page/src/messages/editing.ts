import { create } from "zustand";

/** The message that is being edited, by channel and ts. */
export const useEditing = create<{ channel: string; ts: string } | Record<string, never>>(() => ({}));

export function edit(channel: string, ts: string): void {
  useEditing.setState({ channel, ts }, true);
}

export function endEditing(): void {
  useEditing.setState({}, true);
}

export function useIsEditing(channel: string, ts: string): boolean {
  return useEditing((editing) => editing.channel === channel && editing.ts === ts);
}
