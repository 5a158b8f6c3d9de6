import type { Json } from "./json.ts";

const LONG = 80; // characters of a text that stands on one line
const OPEN_DEPTH = 2; // levels that are unfolded from the beginning

/** JSON as a tree whose branches fold. */
export function JsonTree({ value, depth = 0 }: { value: Json; depth?: number }) {
  if (value === null || typeof value !== "object") return <Leaf value={value} />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <code className="json-leaf">{Array.isArray(value) ? "[]" : "{}"}</code>;
  return (
    <ul className="json-tree">
      {entries.map(([name, inner]) => (
        <li key={name}>
          <Branch name={name} value={inner} depth={depth} />
        </li>
      ))}
    </ul>
  );
}

function Branch({ name, value, depth }: { name: string; value: Json; depth: number }) {
  const count = value !== null && typeof value === "object" ? Object.keys(value).length : 0;
  if (count === 0) {
    return (
      <>
        <span className="json-name">{name}</span> <JsonTree value={value} />
      </>
    );
  }
  return (
    <details open={depth < OPEN_DEPTH && count <= 12}>
      <summary>
        <span className="json-name">{name}</span>{" "}
        <span className="json-count">{Array.isArray(value) ? `[${count}]` : `{${count}}`}</span>
      </summary>
      <JsonTree value={value} depth={depth + 1} />
    </details>
  );
}

function Leaf({ value }: { value: null | boolean | number | string }) {
  const isText = typeof value === "string";
  const isLong = isText && (value.length > LONG || value.includes("\n"));
  return (
    <code className="json-leaf" data-type={value === null ? "null" : typeof value} data-long={isLong}>
      {isText ? value : String(value)}
    </code>
  );
}
