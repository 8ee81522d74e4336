import { describe, expect, it } from "vitest";
import { pressed } from "../src/ui/keys";

const press = (key: string, given: Partial<KeyboardEvent> = {}) =>
  pressed({ key, code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...given } as KeyboardEvent);

describe("pressed keys", () => {
  it.each([
    [press("j"), "j"],
    [press("U", { shiftKey: true }), "Shift+U"],
    [press("?", { shiftKey: true }), "?"],
    [press("]"), "]"],
    [press("k", { ctrlKey: true }), "Mod+k"],
    [press("Enter", { ctrlKey: true, shiftKey: true }), "Mod+Shift+Enter"],
    [press("л", { ctrlKey: true, code: "KeyK" }), "Mod+k"],
    [press("ę", { altKey: true }), ""],
    [press("Shift", { shiftKey: true }), ""],
  ])("%#", (said, expected) => {
    expect(said).toBe(expected);
  });
});
