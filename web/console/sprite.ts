import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";
import { icons } from "./src/ui/icons.ts";

type Node = [tag: string, attributes: Record<string, string>];

/** Makes one inline SVG sprite of the Lucide icons named in `src/ui/icons.ts`, so that no other icon is shipped. */
export function sprite(): Plugin {
  const id = "virtual:sprite";
  return {
    name: "sprite",
    resolveId: (source) => (source === id ? `\0${id}` : null),
    load(source) {
      if (source !== `\0${id}`) return null;
      const file = createRequire(import.meta.url).resolve("lucide-static/icon-nodes.json");
      const nodes: Record<string, Node[]> = JSON.parse(readFileSync(file, "utf8"));
      return `export default ${JSON.stringify(icons.map((name) => symbol(name, nodes[name])).join(""))}`;
    },
  };
}

function symbol(name: string, nodes: Node[] | undefined): string {
  if (!nodes) throw new Error(`Lucide has no icon called "${name}" (src/ui/icons.ts)`);
  const drawn = nodes.map(([tag, attributes]) => {
    const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
    return `<${tag}${written.join("")}/>`;
  });
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${drawn.join("")}</symbol>`;
}
