// Where the page's one stream of news reaches the worlds.
import { heardOfHeyGen, readHeyGen } from "./heygen";
import { type Fields, fields } from "./json";
import { heardOfProgram, readProgram } from "./program";
import { readHistory, record } from "./record";

/** Takes a line of `/live`. */
export function heard(line: object): void {
  const news: Fields = fields(line as Fields);
  record(news);
  if (news.from === "heygen") heardOfHeyGen(news);
  if (news.from === "app" && news.kind === "state") heardOfProgram(news);
}

/** Reads everything anew: when the stream opens, and when it says that lines were missed. */
export function reread(): void {
  for (const read of [readProgram, readHeyGen, readHistory]) {
    read().catch((trouble: unknown) => console.warn("The playground does not answer", trouble));
  }
}
