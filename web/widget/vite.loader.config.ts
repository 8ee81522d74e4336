import { defineConfig } from "vite";

/** The loader: one classic script, since only such a script knows the tag that it came from. */
export default defineConfig({
  build: {
    outDir: "../../hub/static/widget",
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: "src/loader/main.ts", formats: ["iife"], name: "OnethreadLoader", fileName: () => "w.js" },
  },
});
