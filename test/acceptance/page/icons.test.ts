import { expect } from "bun:test";
import { join } from "node:path";
import { Glob } from "bun";
import * as lucide from "lucide";
import { outline } from "../../../src/adapters/ui/view/outline.ts";
import { ROOT } from "../../support/binary.ts";
import { journey, world } from "./support.ts";

const here = world();
/** Between two points. */
const STEP = 0.5;
/** Of 2,304 points: on the edge of a round corner, which is an arc in a path and a curve in a rectangle. */
const OTHERS_MAX = 4;

async function usedIcons(): Promise<readonly string[]> {
  const folder = join(ROOT, "src/adapters/ui");
  const texts = await Array.fromAsync(new Glob("**/*.{ts,tsx}").scan(folder), (path) =>
    Bun.file(join(folder, path)).text(),
  );
  const imported = texts.flatMap(
    (text) => /import \{([^}]*)\} from "lucide"/.exec(text)?.[1]?.split(",") ?? [],
  );
  return [...new Set(imported.map((name) => name.trim()).filter((name) => name !== ""))];
}

/** Which points of each drawing, 24 wide, a stroke covers: a line of `0` and `1`. */
function covered(drawings: readonly string[]): string {
  return `${JSON.stringify(drawings)}.map((shapes) => {
    document.body.innerHTML = '<svg viewBox="0 0 24 24" stroke="black" stroke-width="1.75">' + shapes + "</svg>";
    const drawn = [...document.querySelector("svg").children];
    let points = "";
    for (let y = 0; y < 24; y += ${STEP})
      for (let x = 0; x < 24; x += ${STEP})
        points += drawn.some((shape) => shape.isPointInStroke(new DOMPoint(x, y))) ? 1 : 0;
    return points;
  })`;
}

function elements(node: lucide.IconNode): string {
  return node
    .map(([tag, attributes]) => {
      const written = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
      return `<${tag} ${written.join(" ")}/>`;
    })
    .join("");
}

journey("an icon's path has the lines of the shapes that it was made of", async () => {
  const names = await usedIcons();
  expect(names.length).toBeGreaterThan(20);
  const nodes = names.map((name) => (lucide as Record<string, unknown>)[name] as lucide.IconNode);
  const page = await here.browser.newPage();
  await page.setContent("<body></body>");
  const wanted = await page.evaluate<string[]>(covered(nodes.map(elements)));
  const drawn = await page.evaluate<string[]>(covered(nodes.map((node) => `<path d="${outline(node)}"/>`)));
  await page.close();
  for (const [at, name] of names.entries()) {
    const points = [...(wanted[at] ?? "")];
    const others = points.filter((point, place) => point !== drawn[at]?.[place]).length;
    expect([name, points.includes("1"), others <= OTHERS_MAX]).toEqual([name, true, true]);
  }
});
