import { describe, expect, test } from "bun:test";
import { qrCode } from "../../src/lib/qr.ts";

/** Read back by another program (jsQR) when this was written. */
const KNOWN = `
#######....##.#...#######
#.....#.#....#....#.....#
#.###.#..#..#..#..#.###.#
#.###.#..#.#.#....#.###.#
#.###.#.##.###..#.#.###.#
#.....#...##..###.#.....#
#######.#.#.#.#.#.#######
.........##.#..#.........
#.#.#.#...#.....#...#..#.
.##.##.#..#..#..####.#..#
...##.#..#.#..#..#.#..###
#.###...#...###.#.#.#..#.
...#######....#####....##
.##.#.....##..#...##.#..#
#.##..#####..#..###..####
.#####..#..#...#.#.##...#
#.#...#.##..#...######.#.
........######..#...#..##
#######..####.###.#.#####
#.....#..#..###.#...#..#.
#.###.#.####..#.######..#
#.###.#....#..##....#....
#.###.#.#.#..#.##...#.#.#
#.....#...##....#.##...#.
#######.###.#..###.....##`.trim();

describe("a QR code", () => {
  test("has the modules that another program reads", () => {
    const picture = qrCode("otpauth://totp/a").map((row) =>
      row.map((isDark) => (isDark ? "#" : ".")).join(""),
    );
    expect(picture.join("\n")).toBe(KNOWN);
  });

  test.each([
    [1, 21],
    [14, 21],
    [15, 25],
    [122, 45],
    [123, 49],
    [213, 57],
    [214, 61],
    [2_331, 177],
  ])("of %i bytes has %i modules a side, the smallest that holds them", (bytes, modules) => {
    const code = qrCode("a".repeat(bytes));
    expect([code.length, ...new Set(code.map((row) => row.length))]).toEqual([modules, modules]);
  });

  test("holds no more than the largest one", () => {
    expect(() => qrCode("a".repeat(2_332))).toThrow("too long");
  });
});
