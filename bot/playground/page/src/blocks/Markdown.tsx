import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { Anchor } from "../mrkdwn/Nodes.tsx";

/** Standard Markdown. HTML in it stays text. */
export default function Markdown({ text }: { text: string }) {
  return (
    <div className="markdown">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        components={{ a: ({ href, children }) => <Anchor url={href ?? ""}>{children}</Anchor> }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
