import { type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { IconButton } from "./IconButton.tsx";
import "./dialog.css";

interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  footer?: ReactNode;
  /** In place of the cross: what else leads out of here, for instance back to the view below. */
  before?: ReactNode;
  className?: string;
}

/** What takes the focus when a dialog opens: its first field, or else what it is answered with. */
const FIRST = ".dialog-body :is(input, textarea, select), .dialog-foot > :last-child";

/** A dialog in the middle, or over the whole of a phone; the browser keeps the focus inside. */
export function Dialog({ title, onClose, children, footer, before, className }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  // before the browser draws, and before React takes it away: so the focus goes back to where it was
  useLayoutEffect(() => {
    const dialog = box.current;
    if (!dialog?.open) dialog?.showModal();
    dialog?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      className={`dialog ${className ?? ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault(); // whoever opened it says when it is gone
        if (event.target === box.current) onClose();
      }}
    >
      <header className="dialog-head">
        {before}
        <h2 id={id} className="dialog-title">
          {title}
        </h2>
        <IconButton icon="close" label="Close" onClick={onClose} />
      </header>
      <div className="dialog-body">{children}</div>
      {footer && <footer className="dialog-foot">{footer}</footer>}
    </dialog>
  );
}
