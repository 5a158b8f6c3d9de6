import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { Virtuoso, type VirtuosoHandle } from "react-virtuoso";
import { goTo } from "../app/place.ts";
import { useSight } from "../slack/store.ts";
import type { Message as SlackMessage } from "../slack/types.ts";
import { edit } from "./editing.ts";
import { Message } from "./Message.tsx";
import type { Row } from "./rows.ts";
import { dayTitle } from "./times.ts";
import { useStickiness } from "./useStickiness.ts";
import "./list.css";

interface MessageListProps {
  label: string;
  rows: Row[];
  isInThread: boolean;
  /** What stands above the first message. */
  intro?: ReactNode;
}

/** Messages, of which only those in sight are drawn. Arrows, Home and End move from one to the next. */
export function MessageList({ label, rows, isInThread, intro }: MessageListProps) {
  const list = useRef<VirtuosoHandle>(null);
  const frame = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const person = useSight((sight) => sight.person);
  const messages = rows.flatMap((row) => (row.kind === "message" ? [row.message] : []));
  const last = messages.at(-1);
  const reachable = active && messages.some((one) => one.ts === active) ? active : last?.ts;

  const { toEnd, stick, scrollerRef, atEndChanged } = useStickiness(frame);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whoever writes something wants to see it
  useEffect(() => {
    if (last?.user === person) stick();
  }, [last?.ts]);

  const focusOn = (ts: string) => {
    setActive(ts);
    const index = rows.findIndex((row) => row.key === ts);
    const focus = () => frame.current?.querySelector<HTMLElement>(`[data-ts="${ts}"]`)?.focus({ preventScroll: true });
    list.current?.scrollIntoView({ index, done: focus });
  };
  const typed = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const isList = target.dataset.virtuosoScroller === "true";
    const ts = isList ? reachable : target.dataset.ts;
    const at = messages.findIndex((one) => one.ts === ts);
    const message = messages[at];
    if (!message || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = neighbour(event.key, at, messages.length);
    if (next !== null) focusOn((isList ? message : messages[next])?.ts ?? message.ts);
    else if (isList || !obeyed(event.key, message, target)) return;
    event.preventDefault();
  };
  const obeyed = (key: string, message: SlackMessage, target: HTMLElement): boolean => {
    const isOwn = message.user === person;
    if ((key === "t" || key === "Enter") && !isInThread)
      goTo({ channel: message.channel, thread: message.thread_ts ?? message.ts });
    else if (key === "r") target.querySelector<HTMLElement>('[aria-label="Find another reaction"]')?.click();
    else if (key === "e" && isOwn) edit(message.channel, message.ts);
    else return false;
    return true;
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the messages inside have the focus; this only hears their keys
    <div ref={frame} className="list" onKeyDown={typed} onFocus={(event) => keepActive(event.target, setActive)}>
      <Virtuoso
        ref={list}
        data={rows}
        computeItemKey={(_index, row) => row.key}
        itemContent={(_index, row) => <OneRow row={row} intro={intro} isInThread={isInThread} reachable={reachable} />}
        initialTopMostItemIndex={{ index: "LAST", align: "end" }}
        alignToBottom={!isInThread}
        scrollerRef={scrollerRef}
        totalListHeightChanged={toEnd}
        atBottomStateChange={atEndChanged}
        atBottomThreshold={80}
        increaseViewportBy={600}
        components={{ Footer: Gap }}
        role="group"
        aria-label={label}
        tabIndex={0}
      />
    </div>
  );
}

function Gap() {
  return <div className="list-gap" />;
}

interface RowProps {
  row: Row;
  intro: ReactNode;
  isInThread: boolean;
  reachable: string | undefined;
}

function OneRow({ row, intro, isInThread, reachable }: RowProps) {
  switch (row.kind) {
    case "intro":
      return intro;
    case "day":
      return (
        <div className="rule">
          <span className="rule-day">{dayTitle(row.ts)}</span>
        </div>
      );
    case "new":
      return (
        <div className="rule is-new">
          <span>New</span>
        </div>
      );
    case "replies":
      return (
        <div className="rule is-replies">
          <span>{row.count === 1 ? "1 reply" : `${row.count} replies`}</span>
        </div>
      );
    case "message":
      return (
        <Message
          message={row.message}
          follows={row.follows}
          isInThread={isInThread}
          isActive={row.message.ts === reachable}
        />
      );
  }
}

function keepActive(target: EventTarget, keep: (ts: string) => void): void {
  const ts = (target as HTMLElement).closest<HTMLElement>("[data-ts]")?.dataset.ts;
  if (ts) keep(ts);
}

function neighbour(key: string, at: number, length: number): number | null {
  switch (key) {
    case "ArrowUp":
      return Math.max(0, at - 1);
    case "ArrowDown":
      return Math.min(length - 1, at + 1);
    case "Home":
      return 0;
    case "End":
      return length - 1;
    default:
      return null;
  }
}
