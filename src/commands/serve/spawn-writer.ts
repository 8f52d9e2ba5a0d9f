/** Where a compiled binary keeps its files; the entry points have the same paths there as in src/. */
const COMPILED_ROOT = /^file:\/\/\/\$bunfs\/root\//;

/**
 * Starts the writer's thread. A compiled binary must include the worker as a separate entry point:
 * `bun build --compile src/main.ts src/commands/serve/sqlite-writer.ts`.
 */
export function spawnWriter(): Worker {
  const compiled = COMPILED_ROOT.exec(import.meta.url);
  const url = compiled
    ? new URL("commands/serve/sqlite-writer.js", compiled[0])
    : new URL("./sqlite-writer.ts", import.meta.url);
  return new Worker(url, { name: "todos-writer", smol: true });
}
