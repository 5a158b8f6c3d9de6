import { useEffect, useRef } from "react";
import { Emoji } from "../emoji/Emoji.tsx";
import { Icon } from "../parts/Icon.tsx";
import { Avatar } from "../people/Avatar.tsx";
import type { Offer } from "./offers.ts";
import type { Completion } from "./useCompletion.ts";

interface OffersProps {
  id: string;
  completion: Completion;
  onChoose: (offer: Offer) => void;
}

/** The list above a composer. The focus stays in the text. */
export function Offers({ id, completion: { offers, active, point }, onChoose }: OffersProps) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div ref={list} id={id} role="listbox" aria-label="Suggestions" className="offers">
      {offers.map((offer, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the text
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text takes the keys
        <div
          key={offer.key}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          className={`offer ${index === active ? "is-active" : ""}`}
          onPointerMove={() => index !== active && point(index)}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => onChoose(offer)}
        >
          {offer.person && <Avatar person={offer.person} size={22} />}
          {offer.emoji && <Emoji name={offer.emoji} />}
          {offer.shortcut && <Icon name="slash" />}
          <strong>{offer.title}</strong>
          <span className="offer-detail">{offer.detail}</span>
        </div>
      ))}
    </div>
  );
}
