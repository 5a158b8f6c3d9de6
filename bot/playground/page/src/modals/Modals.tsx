import { useSight } from "../slack/store.ts";
import { Modal } from "./Modal.tsx";

/** The open views of the acting person: the top one, which leads back to those below. */
export function Modals() {
  const modals = useSight((sight) => sight.modals);
  const top = modals.at(-1);
  if (!top) return null;
  return <Modal key={top.id} view={top} isStacked={modals.length > 1} />;
}
