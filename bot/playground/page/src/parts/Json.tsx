import "./json.css";

/** What the page cannot draw, as it came. */
export function Json({ label, value }: { label: string; value: unknown }) {
  return (
    <figure className="json">
      <figcaption>{label}</figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a keyboard must be able to scroll it */}
      <pre tabIndex={0}>{JSON.stringify(value, null, 2)}</pre>
    </figure>
  );
}
