import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join, normalize } from "node:path";
import { $ } from "bun";

const VERSION = "0.1.1";
const FOLDER = join(import.meta.dir, `../../.cache/bench/todomvc-${VERSION}`);
const EXAMPLE = "examples/vanillajs";

export const TODOMVC_NAME = "TodoMVC";

/** A page that does a part of the work, from files alone. */
export interface Peer extends Disposable {
  /** Without a slash at its end. */
  readonly url: string;
}

/**
 * TodoMVC in plain JavaScript, as its npm package has it: tasks in localStorage, all of them drawn.
 * @returns undefined, after printing one line, if it can't be had
 */
export async function todoMvc(): Promise<Peer | undefined> {
  try {
    if (!existsSync(FOLDER)) await fetched();
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: served });
    return { url: `http://127.0.0.1:${server.port}`, [Symbol.dispose]: () => void server.stop(true) };
  } catch (error) {
    console.error(`without ${TODOMVC_NAME}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

async function fetched(): Promise<void> {
  const work = `${FOLDER}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(work, { recursive: true });
  await $`npm pack todomvc@${VERSION} --silent`.cwd(work).quiet();
  await $`tar -xzf todomvc-${VERSION}.tgz package/${EXAMPLE}`.cwd(work).quiet();
  await rename(join(work, "package", EXAMPLE), FOLDER);
  await rm(work, { recursive: true, force: true });
}

async function served(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const file = Bun.file(join(FOLDER, normalize(pathname === "/" ? "/index.html" : pathname)));
  return (await file.exists()) ? new Response(file) : new Response("", { status: 404 });
}
