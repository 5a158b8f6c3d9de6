import { useMemo } from "react";
import { Blocks } from "../blocks/Blocks.tsx";
import { type Surface, SurfaceContext } from "../blocks/surface.ts";
import { initialEntry } from "../elements/entry.ts";
import { tell } from "../notices/notices.ts";
import sample from "./sample.json";

/** How a Home may look. The app publishes none yet, so nothing in it does anything, and it says so. */
export function SampleHome() {
  const surface = useMemo(
    (): Surface => ({
      choose: async () => {
        tell({ title: "Only a sample", text: "The app has no Home yet; this one shows how it may look." });
        return { status: 200, body: null, error: null };
      },
      loadOptions: async () => ({ options: [] }),
      entryOf: (_blockId, element) => initialEntry(element),
      enter: () => undefined,
      errors: {},
    }),
    [],
  );
  return (
    <>
      <p className="home-note">A sample: the app publishes no Home yet.</p>
      <SurfaceContext value={surface}>
        <Blocks blocks={sample.blocks} />
      </SurfaceContext>
    </>
  );
}
