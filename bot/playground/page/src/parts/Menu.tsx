import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Icon, type IconName } from "./Icon.tsx";
import { Popover } from "./Popover.tsx";
import { nextIndex } from "./roving.ts";
import "./menu.css";

export interface MenuItem {
  label: ReactNode;
  detail?: ReactNode;
  icon?: IconName;
  isDanger?: boolean;
  isChecked?: boolean;
  onChoose: () => void;
}

interface MenuProps {
  label: string;
  items: MenuItem[];
  children: ReactNode;
  className?: string;
  align?: "start" | "end";
  side?: "below" | "above";
  title?: string;
  onToggle?: (isOpen: boolean) => void;
}

/** A button that opens a list of things to do; arrows, Home and End move, Enter chooses, Escape goes back. */
export function Menu({
  label,
  items,
  children,
  className,
  align = "start",
  side = "below",
  title,
  onToggle,
}: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const turn = (open: boolean) => {
    setOpen(open);
    onToggle?.(open);
  };
  const close = () => {
    turn(false);
    button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={title}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => turn(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown") return;
          event.preventDefault();
          turn(true);
        }}
      >
        {children}
      </button>
      {isOpen && (
        <Popover anchor={button} onClose={close} align={align} side={side}>
          <MenuList id={id} label={label} items={items} onClose={close} />
        </Popover>
      )}
    </>
  );
}

function MenuList({
  id,
  label,
  items,
  onClose,
}: {
  id: string;
  label: string;
  items: MenuItem[];
  onClose: () => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => entriesOf(list.current)[0]?.focus(), []);
  const move = (event: KeyboardEvent) => {
    if (event.key === "Tab") {
      event.preventDefault();
      onClose();
      return;
    }
    const all = entriesOf(list.current);
    const next = nextIndex(event.key, all.indexOf(document.activeElement as HTMLElement), all.length);
    if (next === null) return;
    event.preventDefault();
    all[next]?.focus();
  };
  return (
    <div ref={list} id={id} role="menu" aria-label={label} tabIndex={-1} className="menu" onKeyDown={move}>
      {items.map((item, index) => (
        <MenuEntry key={`${index}-${item.icon}`} item={item} onClose={onClose} />
      ))}
    </div>
  );
}

function entriesOf(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
}

function MenuEntry({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  const choose = () => {
    onClose();
    item.onChoose();
  };
  const isChoice = item.isChecked !== undefined;
  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: only what can be chosen is checked or not, and has that role
    <button
      type="button"
      role={isChoice ? "menuitemradio" : "menuitem"}
      aria-checked={isChoice ? item.isChecked : undefined}
      tabIndex={-1}
      className={`menu-entry ${item.isDanger ? "is-danger" : ""}`}
      onClick={choose}
    >
      {item.icon && <Icon name={item.icon} size={18} />}
      <span className="menu-words">
        <span>{item.label}</span>
        {item.detail && <span className="menu-detail">{item.detail}</span>}
      </span>
      {item.isChecked && <Icon name="check" size={18} />}
    </button>
  );
}
