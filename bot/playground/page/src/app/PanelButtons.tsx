import { showGuide, useGuide } from "../guide/remembered.ts";
import { Icon } from "../parts/Icon.tsx";
import { showWorlds, usePanels } from "./panels.ts";

/** Open and close what belongs to the playground and not to Slack. */
export function PanelButtons() {
  const hasWorlds = usePanels((panels) => panels.hasWorlds);
  const hasGuide = useGuide((guide) => guide.isOpen);
  return (
    <span className="panel-buttons">
      <button
        type="button"
        className="icon-button"
        aria-label="Three things to try"
        title="Three things to try"
        aria-pressed={hasGuide}
        onClick={() => showGuide(!hasGuide)}
      >
        <Icon name="bulb" />
      </button>
      <button type="button" className="button is-small" aria-pressed={hasWorlds} onClick={() => showWorlds(!hasWorlds)}>
        <Icon name="globe" size={16} /> Worlds
      </button>
    </span>
  );
}
