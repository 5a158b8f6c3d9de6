import type { KnownBlock } from "@slack/types";
import { lazy, Suspense } from "react";
import { Json } from "../parts/Json.tsx";
import type { AnyBlock } from "../slack/types.ts";
import { Actions } from "./Actions.tsx";
import { Context } from "./Context.tsx";
import { ContextActions } from "./ContextActions.tsx";
import { Header } from "./Header.tsx";
import { ImageFrame } from "./ImageFrame.tsx";
import { Input } from "./Input.tsx";
import { RemoteFile } from "./RemoteFile.tsx";
import { RichText } from "./RichText.tsx";
import { Section } from "./Section.tsx";
import { Table } from "./Table.tsx";
import { Video } from "./Video.tsx";

const Markdown = lazy(() => import("./Markdown.tsx"));

/** One block; a kind that the page does not know is shown as its JSON. */
export function Block({ block: any }: { block: AnyBlock }) {
  const block = any as KnownBlock;
  switch (block.type) {
    case "actions":
      return <Actions block={block} />;
    case "context":
      return <Context block={block} />;
    case "context_actions":
      return <ContextActions block={block} />;
    case "divider":
      return <hr className="divider" />;
    case "file":
      return <RemoteFile block={block} />;
    case "header":
      return <Header block={block} />;
    case "image":
      return <ImageFrame block={block} />;
    case "input":
      return <Input block={block} />;
    case "markdown":
      return (
        <Suspense fallback={<p>{block.text}</p>}>
          <Markdown text={block.text} />
        </Suspense>
      );
    case "rich_text":
      return <RichText block={block} />;
    case "section":
      return <Section block={block} />;
    case "table":
      return <Table block={block} />;
    case "video":
      return <Video block={block} />;
    default:
      return <Json label={`The page cannot draw a block of type “${any.type}”. This is what came:`} value={any} />;
  }
}
