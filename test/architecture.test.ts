import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  emptyFolders,
  forbiddenActs,
  forbiddenImports,
  importsOf,
  overlongFiles,
  readSources,
} from "./support/architecture.ts";

const ROOT = join(import.meta.dir, "..");
/** The shape of the code, as far as it is built. */
const FOLDERS = [
  "src/commands",
  "src/domain",
  "src/application",
  "src/lib",
  "src/adapters/aws",
  "src/adapters/http",
  "src/adapters/oci",
  "src/adapters/sqlite",
  "src/adapters/telemetry",
  "src/adapters/aws",
  "src/domain/deployment",
  "src/application/deploy",
  "deploy",
  "migrations/sqlite",
  "deploy",
  "test/domain",
  "test/lib",
  "test/application",
  "test/adapters",
  "test/contract",
  "test/acceptance",
  "test/support",
  "bench",
  "docs",
];

const temporaryFolders: string[] = [];
afterAll(() => {
  for (const folder of temporaryFolders) rmSync(folder, { recursive: true });
});

/** A source tree with these files, on disk, read as the real one is. */
async function planted(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), "todos-architecture-"));
  temporaryFolders.push(folder);
  for (const [path, text] of Object.entries(files)) await Bun.write(join(folder, path), text);
  return readSources(folder);
}

describe("the code has the shape the design gives it", () => {
  const sources = readSources(join(ROOT, "src"));

  test("every folder the design names has files", () => {
    expect(emptyFolders(ROOT, FOLDERS)).toEqual([]);
  });

  test("imports are read from the real files: main reaches serve, the http adapter reaches the domain", () => {
    const imports = sources.flatMap(importsOf);
    const reaches = (from: RegExp, to: RegExp) =>
      imports.some((i) => from.test(i.from) && to.test(i.to ?? ""));
    expect(reaches(/^main\.ts$/, /^commands\//)).toBe(true);
    expect(reaches(/^adapters\/http\//, /^domain\//)).toBe(true);
    expect(reaches(/^application\//, /^domain\//)).toBe(true);
  });

  test("nothing imports against the table", () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test("only main exits, only config reads the environment, domain and application are pure", () => {
    expect(forbiddenActs(sources)).toEqual([]);
  });

  test("no file is longer than 400 lines", () => {
    expect(overlongFiles(sources)).toEqual([]);
  });
});

describe("a planted violation is found", () => {
  const imports: readonly (readonly [string, string])[] = [
    ["domain/a.ts", 'import { b } from "../application/b.ts";'],
    ["domain/a.ts", 'import type { B } from "../adapters/http/b.ts";'],
    ["domain/a.ts", 'import { join } from "node:path";'],
    ["domain/a.ts", 'import { t } from "elysia";'],
    ["domain/a.ts", 'export { b } from "../main.ts";'],
    ["application/a.ts", 'import { open } from "../adapters/sqlite/store.ts";'],
    ["application/a.ts", 'import { Database } from "bun:sqlite";'],
    ["application/a.ts", 'const b = await import("../commands/serve.ts");'],
    ["adapters/http/a.ts", 'import { open } from "../sqlite/store.ts";'],
    ["adapters/http/a.ts", 'import {\n  open,\n} from "../sqlite/store.ts";'],
    ["adapters/http/a.ts", 'const b = await import("../sqlite/store.ts");'],
    ["adapters/http/a.ts", 'import "../telemetry/b.ts";'],
    ["adapters/http/a.ts", 'import { readConfig } from "../../config.ts";'],
    ["adapters/sqlite/a.ts", 'new Worker(new URL("../http/b.ts", import.meta.url));'],
    ["commands/serve.ts", 'import { command } from "./backup.ts";'],
    ["commands/serve.ts", 'import "../main.ts";'],
    ["commands/support/a.ts", 'import { command } from "../serve.ts";'],
    ["commands/deployment/a.ts", 'import { command } from "../synth.ts";'],
    ["lib/a.ts", 'import { b } from "../domain/b.ts";'],
    ["lib/a.ts", 'import { join } from "node:path";'],
    ["config.ts", 'import { open } from "./adapters/sqlite/store.ts";'],
    ["main.ts", 'import { open } from "./adapters/sqlite/store.ts";'],
    ["stray.ts", 'import { b } from "./domain/b.ts";'],
  ];
  test.each(imports)("%s: %s", async (path, text) => {
    expect(forbiddenImports(await planted({ [path]: text }))).toHaveLength(1);
  });

  const acts: readonly (readonly [string, string, string])[] = [
    ["commands/a.ts", "process.exit(1);", "commands/a.ts calls process.exit"],
    ["adapters/http/a.ts", "const home = process.env.HOME;", "adapters/http/a.ts reads the environment"],
    ["commands/a.ts", "const home = Bun.env.HOME;", "commands/a.ts reads the environment"],
    ["domain/a.ts", "const now = Date.now();", "domain/a.ts asks the clock"],
    ["application/a.ts", "const now = new Date();", "application/a.ts asks the clock"],
    ["application/a.ts", "const dice = Math.random();", "application/a.ts is random"],
    ["lib/a.ts", "const dice = Math.random();", "lib/a.ts is random"],
    ["domain/a.ts", "const id = crypto.randomUUID();", "domain/a.ts is random"],
    ["domain/a.ts", "const hash = Bun.hash(text);", "domain/a.ts uses the runtime"],
  ];
  test.each(acts)("%s: %s", async (path, text, sentence) => {
    expect(forbiddenActs(await planted({ [path]: text }))).toEqual([sentence]);
  });

  test("a file of 401 lines, not one of 400", async () => {
    const found = overlongFiles(await planted({ "a.ts": "//\n".repeat(401), "b.ts": "//\n".repeat(400) }));
    expect(found).toEqual(["a.ts has 401 lines, more than 400"]);
  });

  test("a folder that is missing, and one that holds only folders", async () => {
    const folder = mkdtempSync(join(tmpdir(), "todos-architecture-"));
    temporaryFolders.push(folder);
    await Bun.write(join(folder, "src/domain/a.ts"), "");
    await Bun.$`mkdir -p ${folder}/src/commands/empty`;
    expect(emptyFolders(folder, ["src/domain", "src/commands", "src/adapters"])).toEqual([
      "src/commands",
      "src/adapters",
    ]);
  });
});

test("what the table allows is let through", async () => {
  const sources = await planted({
    "domain/a.ts": 'import { b } from "../lib/b.ts";',
    "application/a.ts": 'import type { Task } from "../domain/task.ts";',
    "adapters/sqlite/a.ts": 'import sql from "../../../migrations/sqlite/0001.sql" with { type: "text" };',
    "adapters/http/a.ts":
      'import { Elysia } from "elysia";\nimport { b } from "./b.ts";\nimport { c } from "../../domain/c.ts";',
    "commands/serve.ts":
      'const { open } = await import("../adapters/sqlite/store.ts");\nimport { run } from "./support/run.ts";',
    "main.ts":
      '// process.env is read by config.ts\nimport { run } from "./commands/support/run.ts";\nprocess.exit(0);',
  });
  expect(forbiddenImports(sources)).toEqual([]);
  expect(forbiddenActs(sources)).toEqual([]);
});
