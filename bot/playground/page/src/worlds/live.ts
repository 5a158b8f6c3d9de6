// Where the page's one stream of news reaches the worlds.
import { type Line, listen } from "../live/live.ts";
import { heardOfHeyGen, readHeyGen } from "./heygen.ts";
import type { Fields } from "./json.ts";
import { heardOfProgram, readProgram } from "./program.ts";
import { readHistory, record } from "./record.ts";

/** Keeps record, HeyGen and app as they are, from now on. */
export function followWorlds(): void {
  listen({ opened: reread, heard });
}

function heard(line: Line): void {
  const news = line as Fields;
  if (news.kind === "missed") reread();
  record(news);
  if (news.from === "heygen") heardOfHeyGen(news);
  if (news.from === "app" && news.kind === "state") heardOfProgram(news);
}

function reread(): void {
  Promise.all([readProgram(), readHeyGen().then(readHistory)]).catch((trouble: unknown) =>
    console.warn("The playground does not answer", trouble),
  );
}
