import type { Overflow as OverflowMenu } from "@slack/types";
import type { InputElement, OptionObject } from "../blocks/surface.ts";
import { Words } from "../mrkdwn/Mrkdwn.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Menu, type MenuItem } from "../parts/Menu.tsx";
import { Trouble } from "./ButtonElement.tsx";
import { useElement } from "./useElement.tsx";

export function Overflow({ element, blockId }: { element: OverflowMenu; blockId: string }) {
  const { hasFailed, press, question } = useElement(element as unknown as InputElement, blockId);
  const items = element.options.map(
    (option): MenuItem => ({
      label: <Words words={option.text} />,
      detail: option.description && <Words words={option.description} />,
      onChoose: () => {
        if (option.url) window.open(option.url, "_blank", "noreferrer");
        press(undefined, option as OptionObject);
      },
    }),
  );
  return (
    <span className="button-place">
      <Menu label="More actions" items={items} align="end" className="button is-small is-square">
        <Icon name="dots" size={18} />
      </Menu>
      {hasFailed && <Trouble />}
      {question}
    </span>
  );
}
