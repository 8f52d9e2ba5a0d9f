import { figure, type Report } from "./report.ts";
import type { Row } from "./row.ts";

const WIDTH = 980;
const LABEL_WIDTH = 400;
const BAR_WIDTH_MAX = 440;
const BAR_HEIGHT = 12;
const ROW_GAP = 14;
const TOP = 60;
const COLOURS = { todos: "#2563eb", limit: "#9ca3af", peer: "#f59e0b" } as const;

interface Bar {
  readonly kind: keyof typeof COLOURS;
  readonly value: number;
}

/** Every row as bars, each row on its own scale: only the comparison within a row counts. */
export function plot(report: Report): string {
  const rows = report.rows.filter(({ unit }) => unit !== "");
  let y = TOP;
  const parts = rows.map((row) => {
    const drawn = drawRow(row, y);
    y += bars(row).length * (BAR_HEIGHT + 2) + ROW_GAP;
    return drawn;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y + 10}" viewBox="0 0 ${WIDTH} ${y + 10}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(16, 24, `todos and its limits, ${report.date}; every row has its own scale`, 'font-size="14"'),
    legend(),
    ...parts,
    "</svg>\n",
  ].join("\n");
}

function bars({ todos, limit, peer }: Row): Bar[] {
  return [
    { kind: "todos", value: todos },
    ...(limit === undefined ? [] : [{ kind: "limit", value: limit.value } as const]),
    ...(peer === undefined ? [] : [{ kind: "peer", value: peer } as const]),
  ];
}

function drawRow(row: Row, top: number): string {
  const all = bars(row);
  const most = Math.max(...all.map(({ value }) => value));
  const verdict = row.goal === undefined ? "" : row.goal.met ? " ✓" : " ✗";
  const label = text(LABEL_WIDTH - 10, top + BAR_HEIGHT - 2, `${row.what}${verdict}`, 'text-anchor="end"');
  const drawn = all.map(({ kind, value }, index) => {
    const y = top + index * (BAR_HEIGHT + 2);
    const width = Math.max(1, (value / most) * BAR_WIDTH_MAX).toFixed(1);
    const bar = `<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${COLOURS[kind]}"/>`;
    return bar + text(LABEL_WIDTH + Number(width) + 6, y + BAR_HEIGHT - 2, `${figure(value)} ${row.unit}`);
  });
  return [label, ...drawn].join("\n");
}

function legend(): string {
  const names = { todos: "todos", limit: "limit", peer: "Go peer" };
  return Object.entries(COLOURS)
    .map(([kind, colour], index) => {
      const x = LABEL_WIDTH + index * 90;
      const name = names[kind as keyof typeof names];
      return `<rect x="${x}" y="36" width="12" height="12" fill="${colour}"/>${text(x + 18, 46, name)}`;
    })
    .join("\n");
}

function text(x: number, y: number, content: string, attributes = ""): string {
  const escaped = content.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  return `<text x="${x}" y="${y}" fill="#111827" ${attributes}>${escaped}</text>`;
}
