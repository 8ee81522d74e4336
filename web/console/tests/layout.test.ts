import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/u.test(name));
const folder = (name: string) => name.split("/")[0] ?? "";

/** Features know ui, api and live, and never each other; only `app` puts them together. */
const shared = ["api", "ui", "live"];
const below: Record<string, string[]> = { api: [], ui: ["api"], live: ["api", "ui"] };

describe("folders are features", () => {
  it.each(files.filter((name) => name.includes("/") && folder(name) !== "app"))("%s", (name) => {
    const own = folder(name);
    const allowed = [own, ...(below[own] ?? shared)];
    const used = [...readFileSync(join(src, name), "utf8").matchAll(/from "\.\.\/([a-z-]+)\//gu)].map(([, to]) => to);
    expect(used.filter((to) => !allowed.includes(to ?? ""))).toEqual([]);
  });
});

describe("the API client", () => {
  it("calls only what the hub offers", () => {
    const calls = readFileSync(join(src, "api/endpoints.ts"), "utf8");
    const offered = readFileSync(join(src, "api/schema.d.ts"), "utf8");
    const known = new Set([...offered.matchAll(/^ {4}"\/api(\/[^"]*)": \{/gmu)].map(([, path]) => plain(path ?? "")));
    const used = [...calls.matchAll(/["`](\/[a-z][^"`]*)["`]/gu)].map(([, path]) => plain(path ?? ""));
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter((path) => !known.has(path))).toEqual([]);
  });

  function plain(path: string): string {
    return path.replace(/\$?\{[^}]*\}/gu, "{}");
  }
});
