import type { RichTextBlock, RichTextBlockElement, RichTextList } from "@slack/types";
import { RichTextPart } from "./RichTextPart.tsx";

export function RichText({ block }: { block: RichTextBlock }) {
  return (
    <div className="rich-text">
      {block.elements.map((element, index) => (
        <Paragraph key={index} element={element} />
      ))}
    </div>
  );
}

function Paragraph({ element }: { element: RichTextBlockElement }) {
  switch (element.type) {
    case "rich_text_section":
      return (
        <div>
          <Parts elements={element.elements} />
        </div>
      );
    case "rich_text_quote":
      return (
        <blockquote className="quote">
          <Parts elements={element.elements} />
        </blockquote>
      );
    case "rich_text_preformatted":
      return (
        <pre className="pre">
          <code>
            <Parts elements={element.elements} />
          </code>
        </pre>
      );
    case "rich_text_list":
      return <List list={element} />;
  }
}

const ORDERED = ["decimal", "lower-alpha", "lower-roman"];
const BULLETS = ["disc", "circle", "square"];

/** Slack numbers with letters and Roman numbers further in, as it changes its bullets. */
function List({ list }: { list: RichTextList & { offset?: number } }) {
  const indent = list.indent ?? 0;
  const Tag = list.style === "ordered" ? "ol" : "ul";
  const marks = list.style === "ordered" ? ORDERED : BULLETS;
  const style = { marginLeft: 26 + indent * 26, listStyleType: marks[indent % marks.length] };
  return (
    <Tag
      className={list.border ? "rich-list quote" : "rich-list"}
      style={style}
      start={list.offset === undefined ? undefined : list.offset + 1}
    >
      {list.elements.map((item, index) => (
        <li key={index}>
          <Parts elements={item.elements} />
        </li>
      ))}
    </Tag>
  );
}

function Parts({ elements }: { elements: Parameters<typeof RichTextPart>[0]["part"][] }) {
  return elements.map((part, index) => <RichTextPart key={index} part={part} />);
}
