import { expect, it } from "vitest";
import { brand, contrast } from "../src/app/colour";

const rgb = (css = "") => css.match(/\d+/g)?.map(Number) as [number, number, number];
const PAGE = { light: [255, 255, 255], dark: [17, 20, 26] } as const;

it.each(["light", "dark"] as const)("makes every colour readable on a %s page", (theme) => {
  for (let step = 0; step < 0x1000000; step += 0x0a1b3d) {
    const colour = `#${step.toString(16).padStart(6, "0")}`;
    const made = brand(colour, theme);
    const page = [...PAGE[theme]] as [number, number, number];
    // Rounding to whole parts may cost a hair.
    expect(contrast(rgb(made["--brand"]), page), colour).toBeGreaterThan(2.95);
    expect(contrast(rgb(made["--brand"]), rgb(made["--on-brand"])), colour).toBeGreaterThan(4.45);
    expect(contrast(rgb(made["--brand-text"]), rgb(made["--brand-weak"])), colour).toBeGreaterThan(4.4);
  }
});

it("leaves a good colour alone and brightens it for the dark page", () => {
  expect(brand("#1C4A3C", "light")["--brand"]).toBe("rgb(28 74 60)");
  const [red = 0, green = 0, blue = 0] = rgb(brand("#1C4A3C", "dark")["--brand"]);
  expect(green).toBeGreaterThan(100);
  expect(green).toBeGreaterThan(blue);
  expect(blue).toBeGreaterThan(red);
});

it("takes no colour for what is none", () => {
  expect(brand("url(x)", "light")["--brand"]).toBe("rgb(70 64 217)");
});
