import { useNotices } from "./notices.ts";

/** Speaks what comes in where somebody looks already; seen by nobody. */
export function Announcer() {
  const spoken = useNotices((state) => state.spoken);
  return (
    <p className="hidden-words" role="status">
      {spoken}
    </p>
  );
}
