import { Terminal } from "@xterm/headless";

const COLUMNS = 100;
const SCROLLBACK_ROWS = 2_000;
const CHAR_WIDTH_PX = 8.4;
const ROW_HEIGHT_PX = 18;
const MARGIN_PX = 14;
const BACKGROUND = "#16181d";
const FOREGROUND = "#d7dae0";
/** The first eight colours of a terminal, by their numbers; light enough to be read on the background. */
const PALETTE = ["#5c6370", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", FOREGROUND];

interface Run {
  readonly column: number;
  readonly text: string;
  readonly colour: string;
  readonly bold: boolean;
}

/**
 * What a terminal of 100 columns shows after these bytes, as an SVG picture: moved lines have moved, cleared ones are
 * gone.
 * @param output as the program wrote it, escape sequences and all
 */
export async function terminalPicture(output: string): Promise<string> {
  const terminal = new Terminal({
    cols: COLUMNS,
    rows: 1,
    scrollback: SCROLLBACK_ROWS,
    allowProposedApi: true,
  });
  await new Promise<void>((written) => terminal.write(output.replaceAll(/\r?\n/g, "\r\n"), written));
  const rows = rowsOf(terminal);
  terminal.dispose();
  return svg(rows);
}

function rowsOf({ buffer: { active } }: Terminal): Run[][] {
  const rows = Array.from({ length: active.length }, (_, row) => runsOf(active.getLine(row)));
  while (rows.at(-1)?.length === 0) rows.pop();
  return rows;
}

type Line = ReturnType<Terminal["buffer"]["active"]["getLine"]>;

/** Neighbouring cells that look the same, as one. */
function runsOf(line: Line): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < (line?.length ?? 0); column++) {
    const cell = line?.getCell(column);
    const text = cell?.getChars() || " ";
    const colour = cell?.isFgPalette()
      ? (PALETTE[cell.getFgColor() % PALETTE.length] ?? FOREGROUND)
      : FOREGROUND;
    const bold = (cell?.isBold() ?? 0) > 0;
    const last = runs.at(-1);
    if (last && last.colour === colour && last.bold === bold) {
      runs[runs.length - 1] = { ...last, text: last.text + text };
    } else {
      runs.push({ column, text, colour, bold });
    }
  }
  return runs.map(withoutMargins).filter(({ text }) => text !== "");
}

/** SVG readers differ in what they make of spaces at an edge. */
function withoutMargins(run: Run): Run {
  const text = run.text.trimStart();
  return { ...run, column: run.column + run.text.length - text.length, text: text.trimEnd() };
}

function svg(rows: readonly (readonly Run[])[]): string {
  const width = Math.ceil(COLUMNS * CHAR_WIDTH_PX) + 2 * MARGIN_PX;
  const height = rows.length * ROW_HEIGHT_PX + 2 * MARGIN_PX;
  const lines = rows.flatMap((runs, row) => runs.map((run) => textOf(run, row)));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14">',
    ...lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

/** `textLength` holds columns in line whatever font there is. */
function textOf({ column, text, colour, bold }: Run, row: number): string {
  const x = (MARGIN_PX + column * CHAR_WIDTH_PX).toFixed(1);
  const y = MARGIN_PX + (row + 0.75) * ROW_HEIGHT_PX;
  const length = ([...text].length * CHAR_WIDTH_PX).toFixed(1);
  // A reader of SVG makes one space of several.
  const unbroken = text.replace(/ {2,}/g, (spaces) => "\u00a0".repeat(spaces.length));
  const weight = bold ? ' font-weight="bold"' : "";
  return `<text x="${x}" y="${y}" fill="${colour}"${weight} textLength="${length}">${Bun.escapeHTML(unbroken)}</text>`;
}
