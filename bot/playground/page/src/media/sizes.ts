const UNITS = ["bytes", "kB", "MB", "GB"];

/** 1234567 as 1.2 MB. */
export function sizeWords(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1000 ** step;
  return `${step === 0 || number >= 10 ? Math.round(number) : number.toFixed(1)} ${UNITS[step]}`;
}
