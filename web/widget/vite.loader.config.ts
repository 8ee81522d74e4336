import { defineConfig, type Plugin } from "vite";

/** The style sheet is written in lines for people; every byte of the loader is paid by other people's pages. */
const oneLine: Plugin = {
  name: "one-line",
  generateBundle: (_, bundle) => {
    for (const file of Object.values(bundle)) if (file.type === "chunk") file.code = file.code.replaceAll("\n", "");
  },
};

/** The loader: one classic script, since only such a script knows the tag that it came from. */
export default defineConfig({
  plugins: [oneLine],
  build: {
    outDir: "../../hub/static/widget",
    emptyOutDir: false,
    target: "es2022",
    lib: { entry: "src/loader/main.ts", formats: ["iife"], name: "OnethreadLoader", fileName: () => "w.js" },
  },
});
