import { useEffect, useRef } from "react";
import type { OptionObject } from "../blocks/surface.ts";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { Icon } from "../parts/Icon.tsx";
import type { Group } from "./options.ts";

interface OptionBoxProps {
  id: string;
  groups: Group[] | null;
  active: number;
  chosen: OptionObject[];
  /** In place of options: why there are none. */
  note: string | null;
  onChoose: (option: OptionObject) => void;
  onPoint: (index: number) => void;
}

/** The list below a combobox. */
export function OptionBox({ id, groups, active, chosen, note, onChoose, onPoint }: OptionBoxProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector(`#${CSS.escape(`${id}-${active}`)}`)?.scrollIntoView({ block: "nearest" });
  }, [id, active]);
  const isBare = note !== null || !groups || groups.every((group) => group.options.length === 0);
  let index = -1;
  return (
    <div ref={box} className="option-box">
      {isBare && (
        <p className="option-note" role="status">
          {note ?? (groups ? "Nothing found" : "Loading …")}
        </p>
      )}
      <div role="listbox" id={id} aria-label="Options">
        {!isBare &&
          groups.map((group) => (
            <div key={group.label ?? ""} role="group" aria-label={group.label ?? "Options"}>
              {group.label && (
                <div className="option-group" aria-hidden="true">
                  {group.label}
                </div>
              )}
              {group.options.map((option) => {
                index += 1;
                const own = index;
                const isChosen = chosen.some((one) => one.value === option.value);
                return (
                  // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text field, as comboboxes do
                  // biome-ignore lint/a11y/useKeyWithClickEvents: the text field takes the keys
                  <div
                    key={option.value}
                    id={`${id}-${own}`}
                    role="option"
                    aria-selected={isChosen}
                    className={`option-row ${own === active ? "is-active" : ""}`}
                    onPointerMove={() => own !== active && onPoint(own)}
                    onPointerDown={(event) => event.preventDefault()}
                    onClick={() => onChoose(option)}
                  >
                    <span className="option-words">
                      <Words words={option.text} />
                      {option.description && (
                        <span className="option-detail">
                          <Words words={option.description} />
                        </span>
                      )}
                    </span>
                    {isChosen && <Icon name="check" size={16} />}
                  </div>
                );
              })}
            </div>
          ))}
      </div>
    </div>
  );
}
