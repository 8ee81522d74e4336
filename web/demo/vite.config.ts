import { defineConfig } from "vite";

/** The customer's page of `onethread demo`, served by the hub at /demo. */
export default defineConfig({
  base: "/demo/",
  build: { outDir: "../../hub/static/demo", emptyOutDir: true, target: "es2022", modulePreload: { polyfill: false } },
});
