/** Our own line drawings on a grid of 20. */
const DRAWINGS = {
  add: "M10 4v12M4 10h12",
  at: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0Zm0-3v4a2 2 0 0 0 4 0v-1a7 7 0 1 0-3 5.7",
  back: "M12.5 4.5 7 10l5.5 5.5",
  bulb: "M8 14.500v-1.200a5 5 0 1 1 4 0v1.200H8ZM8.500 17h3",
  check: "m4.5 10.5 3.5 3.5 7.5-8",
  close: "m5 5 10 10M15 5 5 15",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  down: "m5.5 8 4.5 4.5L14.5 8",
  download: "M10 3.5v9m-3.5-3.5L10 12.5 13.5 9M4 16.5h12",
  edit: "m4 16 .7-3.2 8-8a1.4 1.4 0 0 1 2 0l.6.6a1.4 1.4 0 0 1 0 2l-8 8L4 16Z",
  external: "M8 5H4.500v10.500H15V12M11 4h5v5m0-5-6.500 6.500",
  eye: "M2.500 10S5 5 10 5s7.500 5 7.500 5-2.500 5-7.500 5-7.500-5-7.500-5Zm9.500 0a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  file: "M5 3h6l4 4v10H5V3Zm6 0v4h4",
  globe:
    "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM3 10h14M10 3c2.500 2.500 2.500 11.500 0 14-2.500-2.500-2.500-11.500 0-14Z",
  hash: "M8 3.500 6.500 16.500M13.500 3.500 12 16.500M4 7.500h12.500M3.500 12.500H16",
  home: "m3.500 9.500 6.500-6 6.500 6M5.500 8v8.500h9V8",
  lock: "M5.500 9h9v7.500h-9V9ZM7.500 9V6.500a2.500 2.500 0 0 1 5 0V9",
  message: "M4 4.500h12v9H9.500L6 16.500v-3H4v-9Z",
  moon: "M16 11.500A6.500 6.500 0 1 1 8.500 4 5.200 5.200 0 0 0 16 11.500Z",
  search: "M13 8.500a4.500 4.500 0 1 1-9 0 4.500 4.500 0 0 1 9 0Zm-1.300 3.200 4.300 4.300",
  send: "M4 4.500 16.500 10 4 15.500 5.500 10 4 4.500Zm1.500 5.500h5",
  slash: "M4 3.500h12v13H4v-13Zm4.500 9.500 3-6",
  smile: "M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0ZM7.500 8h.01M12.500 8h.01M7 12c1.500 2 4.500 2 6 0",
  sun: "M13 10a3 3 0 1 1-6 0 3 3 0 0 1 6 0ZM10 3v1.500M10 15.500V17M3 10h1.500M15.500 10H17M5 5l1 1M14 14l1 1M5 15l1-1M14 6l1-1",
  screen: "M3 4.500h14v9H3v-9ZM7.500 16.500h5M10 13.500v3",
  thumbDown:
    "M6 4v7.500M6 11l3 5.500c1.500 0 2-1 1.700-2.300L10.300 12H15a1.500 1.500 0 0 0 1.500-1.800l-1-5A1.500 1.500 0 0 0 14 4H6M3.500 4v7.500",
  thumbUp:
    "M6 16V8.500M6 9l3-5.500c1.500 0 2 1 1.700 2.300L10.300 8H15a1.500 1.500 0 0 1 1.500 1.800l-1 5A1.500 1.500 0 0 1 14 16H6M3.500 16V8.500",
  thread: "M4 4.500h12v8.500H9.500L6 16v-3H4V4.500ZM7 7.500h6M7 10h4",
  trash: "M4 6h12M8 6V4h4v2M5.500 6l.7 10.500h7.600L14.500 6M8.500 9v4.500M11.500 9v4.500",
  warning: "M10 3.500 17.500 16h-15L10 3.500Zm0 4.500v4M10 14h.01",
} as const;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={DRAWINGS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth={name === "dots" ? 2.6 : 1.5}
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
