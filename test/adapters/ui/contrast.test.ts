import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const TOKENS = join(import.meta.dir, "../../../src/adapters/ui/style/tokens.css");
/** WCAG 2.2: 1.4.3 for text, 1.4.11 for what is needed to see a control and the focus. */
const TEXT_MIN = 4.5;
const CONTROL_MIN = 3;

type Theme = "light" | "dark";

/** Text on the surfaces it stands on. */
const TEXTS: readonly (readonly [string, readonly string[]])[] = [
  ["text", ["surface", "sunken", "raised", "hover", "chosen", "warn-surface"]],
  ["quiet", ["surface", "sunken", "raised", "hover", "chosen"]],
  ["accent", ["surface", "sunken", "raised", "hover", "chosen"]],
  ["danger", ["surface", "sunken", "raised", "hover", "chosen"]],
  ["warn", ["surface", "sunken", "raised", "warn-surface"]],
  ["on-accent", ["accent"]],
  ["on-danger", ["danger"]],
];
const CONTROLS: readonly (readonly [string, readonly string[]])[] = [
  ["control", ["surface", "raised", "hover", "chosen"]],
  ["focus", ["surface", "sunken", "raised", "hover", "chosen"]],
];

const css = await Bun.file(TOKENS).text();

function colour(name: string, theme: Theme): string {
  const pair = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css);
  const found = theme === "light" ? pair?.[1] : pair?.[2];
  if (found === undefined) throw new Error(`There is no colour --${name}.`);
  return found;
}

/** Source: WCAG 2.2, "relative luminance". */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Source: WCAG 2.2, "contrast ratio". */
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

describe("colours of the page", () => {
  test("the ratio is computed as WCAG says", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  });

  for (const theme of ["light", "dark"] as const) {
    test(`${theme}: text is readable on every surface it stands on`, () => {
      expect(tooFaint(TEXTS, theme, TEXT_MIN)).toEqual([]);
    });

    test(`${theme}: edges of controls and the focus are seen on every surface`, () => {
      expect(tooFaint(CONTROLS, theme, CONTROL_MIN)).toEqual([]);
    });
  }
});

function tooFaint(pairs: typeof TEXTS, theme: Theme, min: number): readonly string[] {
  return pairs.flatMap(([front, backs]) =>
    backs.flatMap((back) => {
      const ratio = contrast(colour(front, theme), colour(back, theme));
      return ratio < min ? [`${front} on ${back}: ${ratio.toFixed(2)}`] : [];
    }),
  );
}
