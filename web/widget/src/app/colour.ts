/**
 * The operator's one colour, made readable: text on it reaches 4.5:1, and it stands off the page by 3:1 (WCAG 2.x).
 * A colour that can't is shifted until it can.
 */
type Rgb = [number, number, number];

const WHITE: Rgb = [255, 255, 255];
const INK: Rgb = [18, 22, 29];
const PAGE = { light: WHITE, dark: [17, 20, 26] as Rgb };

export function brand(colour: string, theme: "light" | "dark"): Record<string, string> {
  const page = PAGE[theme];
  const away = theme === "dark" ? lighter : darker;
  const wished = parse(colour);
  const fill = shift(wished, away, (tried) => contrast(tried, page) >= 3 && contrast(tried, on(tried)) >= 4.5);
  const text = shift(wished, away, (tried) => contrast(tried, mix(page, tried, 0.1)) >= 4.5);
  return {
    "--brand": css(fill),
    "--on-brand": css(on(fill)),
    "--brand-text": css(text),
    "--brand-weak": css(mix(page, text, 0.1)),
  };
}

export function contrast(one: Rgb, other: Rgb): number {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

export function parse(colour: string): Rgb {
  const value = /^#[0-9a-f]{6}$/i.test(colour) ? Number.parseInt(colour.slice(1), 16) : 0x4640d9;
  return [value >> 16, (value >> 8) & 255, value & 255];
}

const on = (fill: Rgb) => (contrast(fill, WHITE) >= 4.5 ? WHITE : INK);

/** Further and further away from the page's colour, keeping the hue. */
function shift(from: Rgb, away: (from: Rgb, step: number) => Rgb, enough: (tried: Rgb) => boolean): Rgb {
  let tried = from;
  for (let step = 0; step <= 5 && !enough(tried); step += 0.05) tried = away(from, step);
  return tried;
}

const darker = (from: Rgb, step: number) => from.map((part) => part / (1 + step)) as Rgb;
const lighter = (from: Rgb, step: number) => from.map((part) => Math.min(255, part * (1 + step) + 30 * step)) as Rgb;

const mix = (one: Rgb, other: Rgb, share: number) =>
  one.map((part, i) => part + ((other[i] ?? 0) - part) * share) as Rgb;

const css = (colour: Rgb) => `rgb(${colour.map(Math.round).join(" ")})`;

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
