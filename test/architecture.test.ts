import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  emptyFolders,
  forbiddenActs,
  forbiddenImports,
  importCircles,
  importsOf,
  overlongFiles,
  readSources,
} from "./support/architecture.ts";

const ROOT = join(import.meta.dir, "..");
/** The shape of the code, as far as it is built. */
const FOLDERS = [
  "src/commands",
  "src/config",
  "src/domain",
  "src/domain/deployment",
  "src/application",
  "src/application/accounts",
  "src/application/deploy",
  "src/lib",
  "src/adapters/aws",
  "src/adapters/cassandra",
  "src/adapters/http",
  "src/adapters/identity",
  "src/adapters/oci",
  "src/adapters/passwords",
  "src/adapters/recurrence",
  "src/adapters/sqlite",
  "src/adapters/telemetry",
  "src/adapters/ui",
  "deploy",
  "migrations/cassandra",
  "migrations/sqlite",
  "test/domain",
  "test/application",
  "test/lib",
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

describe("the code has the layout of the design", () => {
  const sources = readSources(join(ROOT, "src"));

  test("every folder in the design has files", () => {
    expect(emptyFolders(ROOT, FOLDERS)).toEqual([]);
    expect(FOLDERS).toEqual([...new Set(FOLDERS)]);
  });

  test("every adapter is in the list of folders", async () => {
    const glob = new Bun.Glob("src/adapters/*");
    const adapters = await Array.fromAsync(glob.scan({ cwd: ROOT, onlyFiles: false }));
    expect(adapters.filter((folder) => !FOLDERS.includes(folder))).toEqual([]);
  });

  test("no imports form a circle, not even imports of types", () => {
    expect(importCircles(sources)).toEqual([]);
  });

  test("imports are read from the real files: main reaches serve, the http adapter reaches the domain", () => {
    const imports = sources.flatMap(importsOf);
    const reaches = (from: RegExp, to: RegExp) =>
      imports.some((i) => from.test(i.from) && to.test(i.to ?? ""));
    expect(reaches(/^main\.ts$/, /^commands\//)).toBe(true);
    expect(reaches(/^adapters\/http\//, /^domain\//)).toBe(true);
    expect(reaches(/^application\//, /^domain\//)).toBe(true);
  });

  test("no import breaks the table's rules", () => {
    expect(forbiddenImports(sources)).toEqual([]);
  });

  test("only main exits, only config reads the environment, domain, application and lib are pure", () => {
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
    ["lib/a.ts", 'import { auth } from "cassandra-driver";'],
    ["config.ts", 'import { open } from "./adapters/sqlite/store.ts";'],
    ["main.ts", 'import { open } from "./adapters/sqlite/store.ts";'],
    ["domain/a.ts", 'import { textsIn } from "../embedded.ts" with { type: "macro" };'],
    ["adapters/sqlite/a.ts", 'import { RESOURCES } from "../../resources.ts";'],
    ["application/a.ts", 'import { RESOURCES } from "../resources.ts";'],
    ["resources.ts", 'import { b } from "./commands/serve.ts";'],
    ["embedded.ts", 'import { b } from "./domain/b.ts";'],
    ["adapters/ui/a.tsx", 'import { b } from "../http/b.ts";'],
    ["adapters/ui/a.tsx", 'import type { B } from "../../application/b.ts";'],
    ["adapters/ui/a.tsx", 'import { join } from "node:path";'],
    ["adapters/ui/a.tsx", 'import text from "../../../docs/a.md" with { type: "text" };'],
    ["commands/serve.ts", 'import { b } from "../adapters/ui/b.tsx";'],
    ["resources.ts", 'const { b } = await import("./adapters/ui/b.tsx");'],
    ["stray.ts", 'import { b } from "./domain/b.ts";'],
  ];
  test.each(imports)("%s: %s", async (path, text) => {
    expect(forbiddenImports(await planted({ [path]: text }))).toHaveLength(1);
  });

  const acts: readonly (readonly [string, string, string])[] = [
    ["commands/a.ts", "process.exit(1);", "commands/a.ts calls process.exit"],
    ["adapters/http/a.ts", "const home = process.env.HOME;", "adapters/http/a.ts reads the environment"],
    ["commands/a.ts", "const home = Bun.env.HOME;", "commands/a.ts reads the environment"],
    ["commands/a.ts", 'import { env } from "node:process";', "commands/a.ts reads the environment"],
    [
      "commands/a.ts",
      'import type { Environment } from "../config/section.ts";',
      "commands/a.ts reads the environment",
    ],
    ["lib/a.ts", "const hash = Bun.hash(text);", "lib/a.ts uses the runtime"],
    ["domain/a.ts", "const now = Date.now();", "domain/a.ts asks the clock"],
    ["application/a.ts", "const now = new Date();", "application/a.ts asks the clock"],
    ["application/a.ts", "const dice = Math.random();", "application/a.ts is random"],
    ["lib/a.ts", "const dice = Math.random();", "lib/a.ts is random"],
    ["domain/a.ts", "const id = crypto.randomUUID();", "domain/a.ts is random"],
    ["domain/a.ts", "const hash = Bun.hash(text);", "domain/a.ts uses the runtime"],
    ["adapters/ui/a.tsx", "const hash = Bun.hash(text);", "adapters/ui/a.tsx uses the runtime"],
    [
      "adapters/sqlite/a.ts",
      'import { textsIn } from "../../embedded.ts";',
      "adapters/sqlite/a.ts calls a macro when it runs",
    ],
  ];
  test.each(acts)("%s: %s", async (path, text, sentence) => {
    expect(forbiddenActs(await planted({ [path]: text }))).toEqual([sentence]);
  });

  test("a circle of imports, of types or values, is reported once; a chain is not", async () => {
    const circles = importCircles(
      await planted({
        "a.ts": 'import type { B } from "./b.ts";',
        "b.ts": 'import { c } from "./folder/c.ts";',
        "folder/c.ts": 'export { a } from "../a.ts";',
        "d.ts": 'import { a } from "./a.ts";',
      }),
    );
    expect(circles).toEqual([["a.ts", "b.ts", "folder/c.ts"]]);
  });

  test("a file of 401 lines, not one of 400", async () => {
    const found = overlongFiles(await planted({ "a.ts": "//\n".repeat(401), "b.ts": "//\n".repeat(400) }));
    expect(found).toEqual(["a.ts has 401 lines, more than 400"]);
  });

  test("a missing folder, and one that contains only folders", async () => {
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

test("what the table allows passes", async () => {
  const sources = await planted({
    "application/a.ts": 'import type { Task } from "../domain/task.ts";',
    "domain/a.ts": 'import { b } from "../lib/b.ts";',
    "lib/a.ts": 'import { createHash } from "node:crypto";\nimport { b } from "./b.ts";',
    "adapters/sqlite/a.ts": 'import { textsIn } from "../../embedded.ts" with { type: "macro" };',
    "adapters/aws/a.ts": 'import text from "../../../deploy/a.yaml" with { type: "text" };',
    "commands/serve/a.ts": 'import { RESOURCES } from "../../resources.ts";',
    "resources.ts": 'const { b } = await import("./adapters/http/b.ts");',
    "embedded.ts": 'import { readdirSync } from "node:fs";',
    "adapters/ui/a.tsx":
      'import { render } from "preact";\nimport { b } from "./b.ts";\nimport { c } from "../../domain/c.ts";\nconst now = Date.now();',
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
