import { focusComposer } from "../composer/drafts.ts";
import { openSwitcher } from "../switcher/switcher.ts";
import { goTo, readPlace } from "./place.ts";

/** Keys that work everywhere: Ctrl+K jumps, F6 goes from region to region, Escape closes the thread, words are written. */
export function listenToKeys(): () => void {
  const typed = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      openSwitcher();
    } else if (event.key === "F6") {
      event.preventDefault();
      focusRegion(event.shiftKey ? -1 : 1);
    } else if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      closeThread();
    } else if (isWriting(event) && document.activeElement === document.body) {
      composers().at(-1)?.focus(); // the letter itself follows the focus
    }
  };
  document.addEventListener("keydown", typed);
  return () => document.removeEventListener("keydown", typed);
}

/** A letter, rather than a command to the browser. Space scrolls. */
function isWriting(event: KeyboardEvent): boolean {
  return event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** The channel's, then the thread's where one is open. */
function composers(): HTMLElement[] {
  const all = [...document.querySelectorAll<HTMLElement>(".composer textarea")];
  return document.querySelector("dialog[open]") ? [] : all.filter((one) => one.checkVisibility());
}

function focusRegion(step: 1 | -1): void {
  const regions = [...document.querySelectorAll<HTMLElement>("[data-region]")].filter((one) => one.checkVisibility());
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + step + regions.length) % regions.length];
  const first = '[aria-current="page"], .composer textarea, button, input, [tabindex="0"]';
  const target = [...(next?.querySelectorAll<HTMLElement>(first) ?? [])];
  (target.find((one) => one.matches('[aria-current="page"], .composer textarea')) ?? target[0])?.focus();
}

function closeThread(): void {
  const { channel, thread } = readPlace(window.location.hash);
  if (!thread) return;
  goTo({ channel });
  focusComposer(channel);
}
