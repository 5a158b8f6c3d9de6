import { Icon, type IconName } from "./Icon.tsx";
import "./button.css";

interface IconButtonProps {
  icon: IconName;
  label: string;
  onClick: () => void;
}

/** A button that is a drawing; its words are there for those who do not see it, and as a hint. */
export function IconButton({ icon, label, onClick }: IconButtonProps) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={label} onClick={onClick}>
      <Icon name={icon} />
    </button>
  );
}
