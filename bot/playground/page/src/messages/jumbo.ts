const ONLY_EMOJI = /^(?:\s*:[a-z0-9_+'-]+:(?::skin-tone-[2-6]:)?){1,23}\s*$/;

/** A message of nothing but emoji is drawn large. */
export function isJumbo(text: string): boolean {
  return ONLY_EMOJI.test(text);
}
