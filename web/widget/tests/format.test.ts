import { describe, expect, it } from "vitest";
import { format } from "../src/app/format";

interface Node {
  type: string;
  props: { href?: string; children?: unknown };
}

const shown = (text: string) =>
  format(text)
    .filter((node) => node !== "")
    .map((node) => {
      if (typeof node === "string") return node;
      const { type, props } = node as unknown as Node;
      return { [type]: props.href ?? props.children };
    });

describe("light formatting", () => {
  it("makes links of addresses, without the sentence's own marks", () => {
    expect(shown("See https://shop.example/a_b_c. Or mail help@shop.example!")).toEqual([
      "See ",
      { a: "https://shop.example/a_b_c" },
      ".",
      " Or mail ",
      { a: "mailto:help@shop.example" },
      "!",
    ]);
  });

  it.each([
    "javascript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "//evil.example",
    "<a href=x>y</a>",
    "[x](javascript:y)",
  ])("leaves %s as text", (text) => {
    expect(shown(text).every((node) => typeof node === "string")).toBe(true);
  });

  it("knows bold, italic and code", () => {
    expect(shown("**now** *soon* _late_ `a*b*c`")).toEqual([
      { strong: "now" },
      " ",
      { em: "soon" },
      " ",
      { em: "late" },
      " ",
      { code: "a*b*c" },
    ]);
  });

  it.each(["2 * 3 * 4", "snake_case_name", "a*b*c", "**", "* item", "_", "5*3"])("leaves %s alone", (text) => {
    expect(shown(text)).toEqual([text]);
  });

  it("stays fast on hostile text", () => {
    const start = performance.now();
    for (const text of ["*".repeat(10_000), "a@".repeat(5_000), "_a".repeat(5_000), "`".repeat(10_000)]) format(text);
    // far above what linear work takes on any machine, far below what backtracking would
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});
