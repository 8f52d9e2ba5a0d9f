import type { IconNode } from "lucide";

type Attributes = IconNode[number][1];

const outlines = new WeakMap<IconNode, string>();

/**
 * All shapes of an icon as the data of one path: a row with a day would have ten more elements otherwise.
 * @throws Error if it has a shape that no icon of the page had so far
 */
export function outline(node: IconNode): string {
  const known = outlines.get(node);
  if (known !== undefined) return known;
  const made = node.map(shape).join("");
  outlines.set(node, made);
  return made;
}

function shape([tag, attributes]: IconNode[number]): string {
  const draw = SHAPES[tag];
  if (!draw) throw new Error(`The icon has a ${tag}.`);
  return draw(attributes);
}

/** What lucide's icons are made of. */
const SHAPES: Readonly<Record<string, (attributes: Attributes) => string>> = {
  // A path may begin relative to where it starts, which is where the last one ended.
  path: ({ d }) => `M0 0${d}`,
  line: ({ x1, y1, x2, y2 }) => `M${x1} ${y1}L${x2} ${y2}`,
  polyline: ({ points }) => `M${points}`,
  circle: ({ cx, cy, r }) => circle(Number(cx), Number(cy), Number(r)),
  rect: ({ x = 0, y = 0, width, height, rx = 0 }) =>
    rectangle([x, y, width, height, rx].map(Number) as [number, number, number, number, number]),
};

function circle(cx: number, cy: number, r: number): string {
  return `M${cx - r} ${cy}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
}

function rectangle([x, y, width, height, r]: readonly [number, number, number, number, number]): string {
  const corner = (dx: number, dy: number) => `a${r} ${r} 0 0 1 ${dx} ${dy}`;
  const [across, down] = [width - 2 * r, height - 2 * r];
  return `M${x + r} ${y}h${across}${corner(r, r)}v${down}${corner(-r, r)}h${-across}${corner(-r, -r)}v${-down}${corner(r, -r)}`;
}
