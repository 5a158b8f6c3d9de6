import type { Confirm } from "@slack/types";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { Dialog } from "../parts/Dialog.tsx";

/** Are you sure? Escape and the cross mean no. */
export function ConfirmDialog({ confirm, onAnswer }: { confirm: Confirm; onAnswer: (isYes: boolean) => void }) {
  const look = confirm.style === "danger" ? "is-danger" : "is-primary";
  const footer = (
    <>
      <button type="button" className="button" onClick={() => onAnswer(false)}>
        {confirm.deny?.text ?? "Cancel"}
      </button>
      <button type="button" className={`button ${look}`} onClick={() => onAnswer(true)}>
        {confirm.confirm?.text ?? "Yes"}
      </button>
    </>
  );
  return (
    <Dialog
      title={confirm.title?.text ?? "Are you sure?"}
      onClose={() => onAnswer(false)}
      footer={footer}
      className="is-small"
    >
      <Words words={confirm.text} />
    </Dialog>
  );
}
