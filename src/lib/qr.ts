/** A QR code (ISO/IEC 18004) of bytes, with the error correction of level M. Rows of modules; true is dark. */
export type QrModules = readonly (readonly boolean[])[];

const VERSION_MAX = 40;
/** Of level M, by version: bytes for correction in each block, and how many blocks there are. */
const CORRECTION_BYTES = [
  10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];
const BLOCKS = [
  1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29,
  31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
];
/** How the format's bits name level M. */
const LEVEL_BITS = 0;
const FORMAT_POLYNOMIAL = 0x537;
const FORMAT_MASK = 0x5412;
const VERSION_POLYNOMIAL = 0x1f25;
const FIELD_POLYNOMIAL = 0x11d;
const BYTE_MODE = 4;
const PADDING = [0xec, 0x11];
/** Versions from this one on say which they are. */
const VERSION_SHOWN_MIN = 7;
const ALIGNED_MIN = 2;
/** Versions from this one on count their bytes with 16 bits. */
const LONG_COUNT_MIN = 10;

const MASKS: readonly ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

/** @throws RangeError for what no code can hold */
export function qrCode(text: string): QrModules {
  const data = new TextEncoder().encode(text);
  const version = versionFor(data.length);
  const codewords = interleaved(dataCodewords(data, version), version);
  const candidates = MASKS.map((_, mask) => drawn(version, codewords, mask));
  return candidates.reduce((best, next) => (penalty(next) < penalty(best) ? next : best));
}

function versionFor(bytes: number): number {
  for (let version = 1; version <= VERSION_MAX; version++) {
    const header = 4 + countBits(version);
    if (Math.ceil((header + bytes * 8) / 8) <= dataBytes(version)) return version;
  }
  throw new RangeError("the text is too long for a QR code");
}

function countBits(version: number): number {
  return version < LONG_COUNT_MIN ? 8 : 16;
}

function at(values: readonly number[], version: number): number {
  return values[version - 1] ?? 0;
}

function dataBytes(version: number): number {
  return Math.floor(rawModules(version) / 8) - at(CORRECTION_BYTES, version) * at(BLOCKS, version);
}

/** Modules that are left for data and correction. */
function rawModules(version: number): number {
  let modules = (16 * version + 128) * version + 64;
  if (version >= ALIGNED_MIN) {
    const aligned = Math.floor(version / 7) + 2;
    modules -= (25 * aligned - 10) * aligned - 55;
    if (version >= VERSION_SHOWN_MIN) modules -= 36;
  }
  return modules;
}

function dataCodewords(data: Uint8Array, version: number): number[] {
  const bits: number[] = [];
  const append = (value: number, count: number) => {
    for (let bit = count - 1; bit >= 0; bit--) bits.push((value >>> bit) & 1);
  };
  append(BYTE_MODE, 4);
  append(data.length, countBits(version));
  for (const byte of data) append(byte, 8);
  const capacity = dataBytes(version) * 8;
  append(0, Math.min(4, capacity - bits.length));
  append(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0; bits.length < capacity; pad++) append(PADDING[pad % 2] ?? 0, 8);
  return Array.from({ length: bits.length / 8 }, (_, byte) =>
    bits.slice(byte * 8, byte * 8 + 8).reduce((sum, bit) => (sum << 1) | bit, 0),
  );
}

/** Blocks with their correction, mixed so that a stain hits a little of each. */
function interleaved(data: readonly number[], version: number): number[] {
  const [count, correctionBytes] = [at(BLOCKS, version), at(CORRECTION_BYTES, version)];
  const raw = Math.floor(rawModules(version) / 8);
  const short = count - (raw % count);
  const shortBytes = Math.floor(raw / count) - correctionBytes;
  const divisor = generator(correctionBytes);
  let start = 0;
  const blocks = Array.from({ length: count }, (_, index) => {
    const end = start + shortBytes + (index < short ? 0 : 1);
    const block = data.slice(start, end);
    start = end;
    return { block, correction: remainder(block, divisor) };
  });
  const mixed: number[] = [];
  for (let index = 0; index <= shortBytes; index++)
    for (const { block } of blocks) if (index < block.length) mixed.push(block[index] ?? 0);
  for (let index = 0; index < correctionBytes; index++)
    for (const { correction } of blocks) mixed.push(correction[index] ?? 0);
  return mixed;
}

/** In the field of 256 elements. */
function times(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >>> 7) * FIELD_POLYNOMIAL);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

function generator(degree: number): number[] {
  const result = [...Array.from({ length: degree - 1 }, () => 0), 1];
  let root = 1;
  for (let step = 0; step < degree; step++) {
    for (let index = 0; index < degree; index++)
      result[index] = times(result[index] ?? 0, root) ^ (result[index + 1] ?? 0);
    root = times(root, 2);
  }
  return result;
}

function remainder(data: readonly number[], divisor: readonly number[]): number[] {
  const result = divisor.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    divisor.forEach((coefficient, index) => {
      result[index] = (result[index] ?? 0) ^ times(coefficient, factor);
    });
  }
  return result;
}

/** What is drawn so far; `fixed` modules are not data. */
interface Grid {
  readonly size: number;
  readonly dark: boolean[][];
  readonly fixed: boolean[][];
}

function drawn(version: number, codewords: readonly number[], mask: number): QrModules {
  const size = version * 4 + 17;
  const blank = () => Array.from({ length: size }, () => Array.from({ length: size }, () => false));
  const grid: Grid = { size, dark: blank(), fixed: blank() };
  drawPatterns(grid, version);
  drawFormat(grid, mask);
  drawVersion(grid, version);
  drawData(grid, codewords, mask);
  return grid.dark;
}

function set({ dark, fixed, size }: Grid, x: number, y: number, isDark: boolean): void {
  const [row, fixedRow] = [dark[y], fixed[y]];
  if (!row || !fixedRow || x < 0 || x >= size) return;
  row[x] = isDark;
  fixedRow[x] = true;
}

function drawPatterns(grid: Grid, version: number): void {
  const { size } = grid;
  for (let index = 0; index < size; index++) {
    set(grid, 6, index, index % 2 === 0);
    set(grid, index, 6, index % 2 === 0);
  }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    drawRings(grid, x, y, 4, [2, 4]);
  const places = alignments(version, size);
  const last = places.length - 1;
  places.forEach((x, column) => {
    places.forEach((y, row) => {
      const isFinder = (column === 0 && (row === 0 || row === last)) || (column === last && row === 0);
      if (!isFinder) drawRings(grid, x, y, 2, [1]);
    });
  });
}

/** Squares in one another around a middle. @param light which of them are light */
function drawRings(grid: Grid, x: number, y: number, radius: number, light: readonly number[]): void {
  for (let dy = -radius; dy <= radius; dy++)
    for (let dx = -radius; dx <= radius; dx++)
      set(grid, x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
}

function alignments(version: number, size: number): number[] {
  if (version < ALIGNED_MIN) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, index) => size - 7 - (count - 2 - index) * step)];
}

/** A value with the bits that correct it. */
function corrected(value: number, bits: number, polynomial: number): number {
  let rest = value;
  for (let bit = 0; bit < bits; bit++) rest = (rest << 1) ^ ((rest >>> (bits - 1)) * polynomial);
  return (value << bits) | rest;
}

function drawFormat(grid: Grid, mask: number): void {
  const { size } = grid;
  const bits = corrected((LEVEL_BITS << 3) | mask, 10, FORMAT_POLYNOMIAL) ^ FORMAT_MASK;
  const isSet = (index: number) => ((bits >>> index) & 1) === 1;
  for (let index = 0; index <= 5; index++) set(grid, 8, index, isSet(index));
  set(grid, 8, 7, isSet(6));
  set(grid, 8, 8, isSet(7));
  set(grid, 7, 8, isSet(8));
  for (let index = 9; index < 15; index++) set(grid, 14 - index, 8, isSet(index));
  for (let index = 0; index < 8; index++) set(grid, size - 1 - index, 8, isSet(index));
  for (let index = 8; index < 15; index++) set(grid, 8, size - 15 + index, isSet(index));
  set(grid, 8, size - 8, true);
}

function drawVersion(grid: Grid, version: number): void {
  if (version < VERSION_SHOWN_MIN) return;
  const bits = corrected(version, 12, VERSION_POLYNOMIAL);
  for (let index = 0; index < 18; index++) {
    const isDark = ((bits >>> index) & 1) === 1;
    const [a, b] = [grid.size - 11 + (index % 3), Math.floor(index / 3)];
    set(grid, a, b, isDark);
    set(grid, b, a, isDark);
  }
}

/** In columns of two, from the lower right, up and down in turn; masked as it is drawn. */
function drawData({ size, dark, fixed }: Grid, codewords: readonly number[], mask: number): void {
  const isMasked = MASKS[mask] ?? (() => false);
  let index = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step++) {
      for (const x of [right, right - 1]) {
        const isUpward = ((right + 1) & 2) === 0;
        const y = isUpward ? size - 1 - step : step;
        const row = dark[y];
        if (!row || fixed[y]?.[x]) continue;
        const bit = ((codewords[index >>> 3] ?? 0) >>> (7 - (index & 7))) & 1;
        row[x] = (bit === 1 && index < codewords.length * 8) !== isMasked(x, y);
        index++;
      }
    }
  }
}

/** How hard it is to read. */
function penalty(modules: QrModules): number {
  const lines = [...modules, ...modules.map((_, x) => modules.map((row) => row[x] ?? false))];
  const dark = modules.flat().filter(Boolean).length;
  const share = (dark * 20) / modules.length ** 2;
  return sum(lines.map(linePenalty)) + squares(modules) * 3 + Math.floor(Math.abs(share - 10)) * 10;
}

const RUN_MIN = 5;
const LIKE_FINDERS = /(?=1011101)(?:(?<=0000)|(?=10111010000))/g;

function linePenalty(line: readonly boolean[]): number {
  const text = line.map((isDark) => (isDark ? "1" : "0")).join("");
  const runs = text.match(/0+|1+/g) ?? [];
  const long = runs.filter((run) => run.length >= RUN_MIN).map((run) => run.length - 2);
  return sum(long) + (`0000${text}0000`.match(LIKE_FINDERS) ?? []).length * 40;
}

function squares(modules: QrModules): number {
  return sum(
    modules.slice(1).map((row, y) => {
      const above = modules[y] ?? [];
      return row.filter(
        (isDark, x) => x > 0 && isDark === row[x - 1] && isDark === above[x] && isDark === above[x - 1],
      ).length;
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
