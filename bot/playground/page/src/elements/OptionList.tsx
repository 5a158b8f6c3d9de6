import type { OptionObject } from "../blocks/surface.ts";
import { Words } from "../mrkdwn/Mrkdwn.tsx";

interface OptionListProps {
  type: "radio" | "checkbox";
  name: string;
  options: OptionObject[];
  isChosen: (option: OptionObject) => boolean;
  onChange: (option: OptionObject, isChosen: boolean) => void;
  names: object;
}

/** Options of which one, or several, can be marked. */
export function OptionList({ type, name, options, isChosen, onChange, names }: OptionListProps) {
  return (
    <div role={type === "radio" ? "radiogroup" : "group"} className="option-list" {...names}>
      {options.map((option) => (
        <label key={option.value} className="option">
          <input
            type={type}
            name={name}
            checked={isChosen(option)}
            onChange={(event) => onChange(option, event.target.checked)}
          />
          <span>
            <Words words={option.text} />
            {option.description && (
              <span className="option-detail">
                <Words words={option.description} />
              </span>
            )}
          </span>
        </label>
      ))}
    </div>
  );
}
