// How the app itself is: the program that runs between the two worlds.
import { create } from "zustand";
import { amount, type Fields, fields, words } from "./json.ts";

export type Mode = "socket" | "http";

export interface ProgramState {
  state: string; // running, starting or ended
  pid: number | null;
  mode: Mode;
  since: number;
  restarts: number;
}

export const useProgram = create<ProgramState>(() => ({
  state: "",
  pid: null,
  mode: "socket",
  since: 0,
  restarts: 0,
}));

export async function readProgram(): Promise<void> {
  const answer = await fetch("/app");
  if (answer.ok) heardOfProgram(fields(await answer.json()));
}

export function heardOfProgram(news: Fields): void {
  useProgram.setState({
    state: words(news.state),
    pid: amount(news.pid),
    mode: words(news.mode) === "http" ? "http" : "socket",
    since: amount(news.since) ?? 0,
    restarts: amount(news.restarts) ?? 0,
  });
}
