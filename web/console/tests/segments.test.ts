import { describe, expect, it } from "vitest";
import { segments } from "../src/composer/segments";

describe("segments of a text message", () => {
  it.each([
    ["a".repeat(160), 1, ""],
    ["a".repeat(161), 2, ""],
    ["a".repeat(306), 2, ""],
    ["a".repeat(307), 3, ""],
    [`${"a".repeat(158)}€`, 1, ""],
    [`${"a".repeat(159)}€`, 2, ""],
    ["ж".repeat(70), 1, "ж"],
    ["ж".repeat(71), 2, "ж"],
    [`${"a".repeat(69)}’`, 1, "’"],
    ["😀".repeat(35), 1, "😀"],
    ["😀".repeat(36), 2, "😀"],
  ])("%#", (written, count, forced) => {
    expect(segments(written)).toMatchObject({ count, forced });
  });
});
