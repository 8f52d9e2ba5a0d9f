import { describe, expect, test } from "bun:test";
import { hashOf, parsedRoute, type Route, sameScreen } from "../../../src/adapters/ui/view/routes.ts";

describe("routes of the page", () => {
  const routes: readonly Route[] = [
    { screen: "inbox" },
    { screen: "today", task: "0199-a" },
    { screen: "list", of: "0199" },
    { screen: "list", of: "key/with ?&#%", task: "b" },
    { screen: "label", of: "Ärger & Freude/50%" },
    { screen: "search", of: "a?b&c=d #e" },
    { screen: "settings", of: "" },
    { screen: "settings", of: "sessions" },
    { screen: "trash" },
  ];
  for (const route of routes) {
    test(`${hashOf(route)} leads back to where it was made`, () => {
      expect(parsedRoute(hashOf(route))).toEqual(route);
    });
  }

  test("an address that names no screen, or a list without its id, gives none", () => {
    for (const hash of ["", "#", "#/", "#/nothing", "#/list", "#/label/", "#today%"]) {
      expect(parsedRoute(hash)).toBeUndefined();
    }
  });

  test("a stray % is taken as it is", () => {
    expect(parsedRoute("#/label/50%")).toEqual({ screen: "label", of: "50%" });
  });

  test("details that are open don't make another screen", () => {
    expect(sameScreen({ screen: "today", task: "a" }, { screen: "today" })).toBe(true);
    expect(sameScreen({ screen: "list", of: "a" }, { screen: "list", of: "b" })).toBe(false);
  });
});
