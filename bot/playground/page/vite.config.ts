import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { licences } from "./build/licences.ts";

// `npm run dev` serves the sources and takes everything else from a running playground.
const PLAYGROUND = process.env.PLAYGROUND ?? "http://127.0.0.1:8700";
const served = { target: PLAYGROUND, changeOrigin: true, headers: { origin: PLAYGROUND } };

export default defineConfig({
  plugins: [react(), licences()],
  build: { outDir: "built", emptyOutDir: true, target: "es2022", assetsInlineLimit: 0 },
  server: {
    host: "127.0.0.1",
    proxy: { "/slack": served, "/heygen": served, "/app": served, "/live": served, "/manifest": served },
  },
});
