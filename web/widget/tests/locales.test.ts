import { expect, it } from "vitest";
import english from "../src/locales/en.json";

const locales = import.meta.glob<Record<string, string>>("../src/locales/*.json", { import: "default", eager: true });
const blanks = (text: string) => text.match(/\{\w+\}/g)?.sort() ?? [];

it.each(Object.entries(locales))("%s says everything, with the same values in it", (_, words) => {
  expect(Object.keys(words)).toEqual(Object.keys(english));
  for (const [word, text] of Object.entries(english)) {
    expect(words[word]).not.toBe("");
    expect(blanks(words[word] ?? ""), word).toEqual(blanks(text));
  }
});
