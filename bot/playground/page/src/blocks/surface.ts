import { createContext, useContext } from "react";
import type { Entry } from "../elements/entry.ts";
import type { Ack, AnyBlock } from "../slack/types.ts";

export interface Choice {
  blockId: string;
  actionId: string;
  /** Of a button: its value. */
  value?: string | undefined;
  /** Of everything else: what was chosen or entered. */
  entry?: Entry;
}

export interface Options {
  options?: OptionObject[];
  option_groups?: { label: TextObject; options: OptionObject[] }[];
}

export interface TextObject {
  type: string;
  text: string;
}

export interface OptionObject {
  text: TextObject;
  value: string;
  description?: TextObject;
}

/** What blocks stand on: a message, a modal or the Home tab. */
export interface Surface {
  /** Tells the app what somebody did. */
  choose: (choice: Choice) => Promise<Ack>;
  /** What a select that asks the app offers for what was typed. */
  loadOptions: (blockId: string, actionId: string, typed: string) => Promise<Options>;
  /** What is entered in an element at present. */
  entryOf: (blockId: string, element: InputElement) => Entry;
  enter: (blockId: string, element: InputElement, entry: Entry) => void;
  /** What is wrong with an input, by block id. */
  errors: Record<string, string>;
}

/** The fields that all elements with an entry share. */
export interface InputElement {
  type: string;
  action_id?: string;
  [field: string]: unknown;
}

export const SurfaceContext = createContext<Surface | null>(null);

export function useSurface(): Surface {
  const surface = useContext(SurfaceContext);
  if (surface === null) throw new Error("blocks stand on a surface");
  return surface;
}

export function blockId(block: AnyBlock): string {
  return block.block_id ?? "";
}
