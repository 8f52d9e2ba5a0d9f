import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitOf } from "../../scripts/build/commit.ts";
import { builtBinary, finished, ROOT } from "../support/binary.ts";

const BUILD_DEADLINE_MS = 240_000;
let todos: string;
let folder: string;

beforeAll(async () => {
  todos = await builtBinary();
  folder = await mkdtemp(join(tmpdir(), "todos-build-"));
}, BUILD_DEADLINE_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The address that the server prints when it is ready. */
async function firstUrl(output: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of output) {
    text += decoder.decode(chunk, { stream: true });
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(text);
    if (url) return url[0];
  }
  throw new Error(`no address in: ${text}`);
}

test("todos version names version, commit, Bun and SQLite", async () => {
  const { stdout, exitCode } = await finished([todos, "version", "--json"]);
  expect(exitCode).toBe(0);
  const { hash } = await commitOf(ROOT);
  const packageVersion: unknown = (await Bun.file(join(ROOT, "package.json")).json()).version;
  expect(JSON.parse(stdout)).toMatchObject({ version: packageVersion, commit: hash, bun: Bun.version });
  expect(JSON.parse(stdout).sqlite).toMatch(/^3\.\d+\.\d+$/);
});

describe("in a folder with files of another project", () => {
  const traps = {
    ".env": "TODOS_PORT=1\nTODOS_LOG_LEVEL=error\n",
    ".env.production": "TODOS_PORT=2\n",
    ".env.local": "TODOS_PORT=3\n",
    "bunfig.toml": 'preload = ["./trap.ts"]\n',
    "trap.ts": 'require("node:fs").writeFileSync("sprung", "");\n',
    "package.json": '{ "type": "module", "imports": { "#a": "./trap.ts" }, "name": 7 ',
    "tsconfig.json": '{ "compilerOptions": { "jsxImportSource": "./trap", "paths": { "*": ["./trap.ts"] } } ',
    "node_modules/elysia/index.js": 'require("node:fs").writeFileSync("sprung", "");\n',
  };

  test("nothing in .env, bunfig.toml, package.json, tsconfig.json or node_modules is run or read", async () => {
    for (const [name, text] of Object.entries(traps)) await Bun.write(join(folder, name), text);
    const inFolder = await finished([todos, "config", "--json"], { cwd: folder });
    const elsewhere = await finished([todos, "config", "--json"], { cwd: ROOT });
    expect(inFolder).toMatchObject({ exitCode: 0, stderr: "" });
    expect(inFolder.stdout).toBe(elsewhere.stdout);
    expect(existsSync(join(folder, "sprung"))).toBe(false);
  });

  test("serve starts there with its own defaults, and springs no trap", async () => {
    const env = { PATH: process.env.PATH ?? "" };
    const server = Bun.spawn([todos, "--port", "0"], { cwd: folder, env, stdin: "ignore", stdout: "pipe" });
    const url = await firstUrl(server.stdout);
    expect((await fetch(`${url}/actuator/health`)).status).toBe(200);
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(join(folder, "data/todos.db"))).toBe(true);
    expect(existsSync(join(folder, "sprung"))).toBe(false);
  });

  test("what the README says about Bun's own variables is true: they reach the executable", async () => {
    await Bun.write(join(folder, "preloaded.ts"), 'console.log("other code")');
    const asBun = await finished([todos, "--revision"], { environment: { BUN_BE_BUN: "1" } });
    expect(asBun.stdout).toContain(Bun.version);
    const environment = { BUN_OPTIONS: `--preload ${join(folder, "preloaded.ts")}` };
    expect((await finished([todos, "version"], { environment })).stdout).toStartWith("other code\n");
  });

  test("the trap works: Bun itself springs it there", async () => {
    await Bun.write(join(folder, "innocent.ts"), "");
    await finished([process.execPath, "innocent.ts"], { cwd: folder });
    expect(existsSync(join(folder, "sprung"))).toBe(true);
  });
});
