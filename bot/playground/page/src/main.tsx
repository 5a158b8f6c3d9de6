import "@fontsource/lato/400.css";
import "@fontsource/lato/400-italic.css";
import "@fontsource/lato/700.css";
import "@fontsource/lato/900.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/layout.css";
import "./parts/button.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App.tsx";
import { applyTheme } from "./app/theme.ts";
import { readManifest } from "./manifest/manifest.ts";
import { keepUp } from "./slack/sync.ts";
import { watchArrivals } from "./unread/arrivals.ts";
import { followWorlds } from "./worlds/live.ts";

applyTheme();
keepUp();
watchArrivals();
followWorlds();
void readManifest();

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
