import { describe, expect, it } from "vitest";
import { parseTime } from "../src/thread/snooze";

/** A Wednesday. */
const now = new Date(2026, 2, 18, 14, 30);
const at = (month: number, day: number, hour: number, minute = 0) => new Date(2026, month - 1, day, hour, minute);

describe("typed times", () => {
  it.each([
    ["fri 3pm", at(3, 20, 15)],
    ["friday at 15:00", at(3, 20, 15)],
    ["tomorrow", at(3, 19, 8)],
    ["tomorrow 9:15", at(3, 19, 9, 15)],
    ["wed", at(3, 25, 8)],
    ["next week", at(3, 23, 8)],
    ["in 2 hours", at(3, 18, 16, 30)],
    ["45m", at(3, 18, 15, 15)],
    ["3d", at(3, 21, 14, 30)],
    ["16:00", at(3, 18, 16)],
    ["9:00", at(3, 19, 9)],
    ["12am", at(3, 19, 0)],
    ["3 apr 9:00", at(4, 3, 9)],
    ["apr 3", at(4, 3, 8)],
  ])("%s", (typed, expected) => {
    expect(parseTime(typed, now)).toEqual(expected);
  });

  it.each(["", "soon", "25:00", "today 9:00", "13pm", "41 mar"])("%s is no time", (typed) => {
    expect(parseTime(typed, now)).toBeNull();
  });
});
