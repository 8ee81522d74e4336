/** Weighs what was built, as it travels (gzip), and fails over the limits of the widget's design. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const built = new URL("../../hub/static/widget/", import.meta.url);
const KB = 1024;

const weigh = (path) => gzipSync(readFileSync(new URL(path, built)), { level: 9 }).length;
const assets = readdirSync(new URL("assets/", built)).map((name) => `assets/${name}`);
const page = readFileSync(new URL("index.html", built), "utf8");
const named = (end) => assets.filter((path) => path.endsWith(end));
const first = (end) => named(end).filter((path) => page.includes(path));
const sum = (paths) => paths.reduce((total, path) => total + weigh(path), 0);

const rows = [
  ["loader", weigh("w.js"), 2],
  ["app, first paint, scripts", sum(first(".js")), 12],
  ["app, all scripts", sum(named(".js")), 25],
  ["app, styles", sum(named(".css")), 8],
  ...named(".json").map((path) => [`language ${path.slice(7, 9)}`, weigh(path), 4]),
];

let over = 0;
for (const [what, bytes, limit] of rows) {
  const fits = bytes <= limit * KB;
  over += fits ? 0 : 1;
  console.log(`${what.padEnd(28)} ${(bytes / KB).toFixed(2).padStart(6)} KB of ${limit}${fits ? "" : "  OVER"}`);
}
if (/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/i.test(page)) {
  console.log("index.html holds inline script or style, which its policy forbids");
  over++;
}
process.exit(over ? 1 : 0);
