import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const css = readFileSync(fileURLToPath(new URL("../../shared/tokens.css", import.meta.url)), "utf8");

function colours(theme: "light" | "dark"): Record<string, string> {
  const start = css.indexOf(`[data-theme="${theme}"]{`);
  const block = css.slice(start, css.indexOf("\n}", start));
  return Object.fromEntries(
    [...block.matchAll(/--([a-z0-9-]+):(#[0-9A-Fa-f]{6})/gu)].map(([, name, value]) => [name, value]),
  );
}

/** WCAG 2.x relative luminance. */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

const channels = ["email", "sms", "chat", "whatsapp", "call", "instagram", "messenger", "slack"];
const pairs: [string, string, number][] = [
  ["text", "surface", 4.5],
  ["text-2", "surface", 4.5],
  ["text-3", "surface", 4.5],
  ["text-3", "selected", 4.5],
  ["accent-text", "surface", 4.5],
  ["accent-text", "selected", 4.5],
  ["on-accent", "accent", 4.5],
  ["focus", "surface", 3],
  ["focus", "canvas", 3],
  ["border-strong", "surface", 3],
  ["note-text", "note-bg", 4.5],
  ...["ok", "warn", "bad", "info"].map((name): [string, string, number] => [name, `${name}-weak`, 4.5]),
  ...channels.map((name): [string, string, number] => [`ch-${name}`, `ch-${name}-weak`, 4.5]),
];

describe.each(["light", "dark"] as const)("contrast in the %s theme", (theme) => {
  const known = colours(theme);
  it.each(pairs)("%s on %s is at least %d", (front, back, need) => {
    expect(contrast(known[front] ?? "", known[back] ?? "")).toBeGreaterThanOrEqual(need);
  });
});
