import type { TableBlock } from "@slack/types";
import { RichText } from "./RichText.tsx";

/** The first row is the table's head. */
export function Table({ block }: { block: TableBlock }) {
  const [head = [], ...rows] = block.rows;
  const look = (column: number) => {
    const { align = "left", is_wrapped: isWrapped = false } = block.column_settings?.[column] ?? {};
    return { textAlign: align, whiteSpace: isWrapped ? ("normal" as const) : ("nowrap" as const) };
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and a keyboard must be able to scroll it
    <div className="table-frame" tabIndex={0} role="region" aria-label="Table">
      <table>
        <thead>
          <tr>
            {head.map((cell, column) => (
              <th key={column} scope="col" style={look(column)}>
                <Cell cell={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, column) => (
                <td key={column} style={look(column)}>
                  <Cell cell={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ cell }: { cell: TableBlock["rows"][number][number] }) {
  return cell.type === "rich_text" ? <RichText block={cell} /> : cell.text;
}
