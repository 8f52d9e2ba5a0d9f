import { expect, test } from "bun:test";
import { join } from "node:path";
import { scratchFolder } from "../../commands/todos-process.ts";
import { ROOT } from "../../support/binary.ts";

const PRELOAD = join(import.meta.dir, "../../support/children/loaded-modules.ts");
/** What a deploy needs and a service does not. */
const FOR_DEPLOYING =
  /\/src\/(?:adapters\/(?:oci|aws)|application\/deploy|domain\/deployment|commands\/deployment)\//;

/** Files of ours that a process has loaded once it served its first request. */
async function loadedByServe(): Promise<readonly string[]> {
  using folder = scratchFolder();
  const argv = [process.execPath, "--preload", PRELOAD, join(ROOT, "src/main.ts"), "--port", "0"];
  const child = Bun.spawn([...argv, "--sqlite", folder.file("todos.db"), "--log-format", "json"], {
    cwd: folder.path,
    env: { PATH: process.env.PATH ?? "" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
    ipc: (message) => told.resolve(message),
  });
  const told = Promise.withResolvers<unknown>();
  try {
    const url = await readyUrl(child.stdout);
    for (const path of ["/", "/checklists", "/tasks", "/openapi.json", "/actuator/prometheus"]) {
      expect((await fetch(url + path)).ok).toBe(true);
    }
    child.send("loaded?");
    const loaded = await told.promise;
    return Array.isArray(loaded) ? loaded.map(String) : [];
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

async function readyUrl(stdout: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stdout) {
    text += decoder.decode(chunk, { stream: true });
    const url = /"url":"([^"]+)"/.exec(text)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`the service ended before it was ready: ${text}`);
}

test("serve loads nothing that a deploy needs", async () => {
  const loaded = await loadedByServe();
  // Proof that the list works: it contains the service's own files.
  expect(loaded.some((path) => path.endsWith("/src/adapters/http/api/checklists.ts"))).toBe(true);
  expect(loaded.some((path) => path.endsWith("/src/commands/serve.ts"))).toBe(true);
  expect(loaded.filter((path) => FOR_DEPLOYING.test(path))).toEqual([]);
});
