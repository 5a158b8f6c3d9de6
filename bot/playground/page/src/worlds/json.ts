// Reading JSON of which only the shape we need is known.

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type Fields = { [name: string]: Json };

/** The fields of an object; of anything else none. */
export function fields(value: Json | undefined): Fields {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

export function items(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function words(value: Json | undefined): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

export function amount(value: Json | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** What stands at a path of names and places, or undefined. */
export function within(value: Json | undefined, ...path: (string | number)[]): Json | undefined {
  let here = value;
  for (const step of path) here = typeof step === "number" ? items(here)[step] : fields(here)[step];
  return here;
}
