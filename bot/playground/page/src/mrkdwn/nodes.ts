/** What Slack's mrkdwn consists of once it is understood. */
export type Node =
  | { kind: "text"; value: string }
  | { kind: "break" }
  | { kind: "bold" | "italic" | "strike" | "quote"; children: Node[] }
  | { kind: "code" | "pre"; value: string }
  | { kind: "link"; url: string; children: Node[] }
  | { kind: "user" | "channel" | "usergroup"; id: string; label: string | null }
  | { kind: "broadcast"; range: string }
  | { kind: "date"; timestamp: number; format: string; url: string | null; fallback: string }
  | { kind: "emoji"; name: string; tone: number | null };
