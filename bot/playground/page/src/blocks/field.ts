import { createContext, useContext } from "react";

/** What an element must know of the input block around it. */
export interface Field {
  id: string;
  labelledBy: string;
  describedBy: string | undefined;
  isInvalid: boolean;
  isRequired: boolean;
  /** Whether the app hears of the entry before the form is sent. */
  dispatches: boolean;
}

/** Null for an element in a section or among actions: it has no label, and the app hears of every choice. */
export const FieldContext = createContext<Field | null>(null);

export function useField(): Field | null {
  return useContext(FieldContext);
}
