import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { sprite } from "./sprite.ts";

const hub = process.env.ONETHREAD_DEV_HUB ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/",
  plugins: [react(), sprite()],
  build: {
    outDir: "../../hub/static/console",
    emptyOutDir: true,
    target: "es2022",
    // A data: address would be refused by the content security policy.
    assetsInlineLimit: 0,
  },
  server: { proxy: { "/api": hub, "/socket.io": { target: hub, ws: true } } },
  test: { include: ["tests/**/*.test.ts"] },
});
