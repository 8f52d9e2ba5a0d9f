import { describe, expect, test } from "bun:test";
import { parseKeybinding } from "tinykeys";
import { COMMANDS } from "../../../src/adapters/ui/view/commands.ts";

/** The map of keys that people learn: a change here is a change for their fingers. */
const MAP: Readonly<Record<string, string>> = {
  n: "new",
  "/": "search",
  "$mod+k": "palette",
  "?": "help",
  j: "next",
  k: "previous",
  x: "select",
  e: "edit",
  Enter: "edit",
  Space: "complete",
  d: "due",
  l: "labels",
  p: "priority",
  m: "move",
  "Alt+ArrowUp": "up",
  "Alt+ArrowDown": "down",
  Delete: "delete",
  "#": "delete",
  z: "undo",
  "$mod+z": "undo",
  Escape: "back",
  "g i": "goInbox",
  "g t": "goToday",
  "g u": "goUpcoming",
};

describe("keys of the page", () => {
  const bound = COMMANDS.flatMap((command) =>
    (command.keys ?? []).map((keys) => [keys, command.id] as const),
  );

  test("every key of the map does what it says", () => {
    const own = Object.fromEntries(bound);
    for (const [keys, id] of Object.entries(MAP)) expect([keys, own[keys]]).toEqual([keys, id]);
  });

  test("no key does two things, and none is the beginning of another", () => {
    const keys = bound.map(([own]) => own);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys.filter((own) => keys.some((other) => other.startsWith(`${own} `)))).toEqual([]);
  });

  test("every key is written as the library reads it", () => {
    for (const [keys] of bound) expect(parseKeybinding(keys).length).toBe(keys.split(" ").length);
  });

  test("the signs that need Shift on some keyboards are bound with and without it", () => {
    const keys = new Set(bound.map(([own]) => own));
    for (const sign of ["/", "?", "#"])
      expect([keys.has(sign), keys.has(`Shift+${sign}`)]).toEqual([true, true]);
  });
});
