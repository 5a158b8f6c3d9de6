/** Names a thread in the store. */
export function threadKey(channel: string, ts: string): string {
  return `${channel}:${ts}`;
}
