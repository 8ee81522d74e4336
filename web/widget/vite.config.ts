import { defineConfig, type Plugin } from "vite";
import type { ViteUserConfig } from "vitest/config";

/** Vite wraps `import()` in 1 KB that preloads the styles of chunks. There is one style sheet, in the page. */
const plainImports: Plugin = {
  name: "plain-imports",
  enforce: "pre",
  load: (id) => (id === "\0vite/preload-helper.js" ? "export const __vitePreload = (load) => load();" : undefined),
};

/** The app: one page that the hub serves at /chat/:inbox and /c/:token, alone or in the loader's iframe. */
export default defineConfig({
  base: "/widget/",
  plugins: [plainImports],
  build: {
    outDir: "../../hub/static/widget",
    emptyOutDir: true,
    target: "es2022",
    // A strict content-security-policy: nothing inline, no data: addresses.
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
  test: { include: ["tests/**/*.test.{ts,tsx}"] },
} as ViteUserConfig);
