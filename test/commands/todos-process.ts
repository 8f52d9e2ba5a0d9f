import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Subprocess } from "bun";

export const MAIN = join(import.meta.dir, "../../src/main.ts");

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

function environmentWith(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: tmpdir(), ...env };
}

/** Starts `todos` from its source, with nothing in the environment but what is given. */
export function start(words: readonly string[], { env, cwd }: Surroundings = {}) {
  return Bun.spawn([process.execPath, MAIN, ...words], {
    cwd: cwd ?? tmpdir(),
    env: environmentWith(env),
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
}

/** Runs `todos` to its end. */
export async function todos(words: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  const child = start(words, surroundings);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

export interface Served extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly process: Subprocess<"ignore", "pipe", "pipe">;
}

/** A service of its own on a free port; it has said that it is ready. Disposing of it waits for its end. */
export async function served(
  sqlitePath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const words = ["--port", "0", "--sqlite", sqlitePath];
  const child = start(words, { env: { TODOS_LOG_FORMAT: "json", ...env } });
  const url = await readyUrl(child.stdout);
  return {
    url,
    port: Number(new URL(url).port),
    process: child,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** The address in the line that says `ready`. @throws if the output ends without one */
async function readyUrl(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the service ended before it was ready: ${text}`);
    text += decoder.decode(value, { stream: true });
    const line = text.split("\n").find((each) => each.includes('"message":"ready"') && each.endsWith("}"));
    if (line === undefined) continue;
    reader.releaseLock();
    return String(JSON.parse(line).url);
  }
}

/** A folder that is gone at the end of the scope. */
export function scratchFolder(): Disposable & { readonly path: string; file(name: string): string } {
  const path = mkdtempSync(join(tmpdir(), "todos-test-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
