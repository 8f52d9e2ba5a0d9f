import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ImageRepository } from "../../../src/application/deploy/images.ts";

const USERNAME = "deployer";
const PASSWORD = "correct horse";
/** The least that bcrypt takes; a registry checks it at every request. */
const BCRYPT_COST = 4;
const LOG_CHARS_KEPT = 4_096;

/** A real registry (Debian's docker-registry) on a port of its own, which wants a password. */
export interface TestRegistry extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly credentials: { readonly username: string; readonly password: string };
  repository(name: string): ImageRepository;
}

/** Why none can be started here, or undefined. */
export function registryLack(): string | undefined {
  return Bun.which("docker-registry") === null ? "needs docker-registry" : undefined;
}

export async function startedRegistry(): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), "todos-registry-"));
  const hash = await Bun.password.hash(PASSWORD, { algorithm: "bcrypt", cost: BCRYPT_COST });
  await Bun.write(join(folder, "htpasswd"), `${USERNAME}:${hash}\n`);
  await Bun.write(join(folder, "config.yml"), configuration(folder));
  const child = Bun.spawn(["docker-registry", "serve", join(folder, "config.yml")], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const port = await listeningPort(child.stderr);
  const origin = `http://127.0.0.1:${port}`;
  const credentials = { username: USERNAME, password: PASSWORD };
  return {
    origin,
    port,
    credentials,
    repository: (name) => ({ origin, name, credentials }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** YAML is a superset of JSON. */
function configuration(folder: string): string {
  return JSON.stringify({
    version: 0.1,
    log: { level: "info", formatter: "json" },
    storage: { filesystem: { rootdirectory: join(folder, "data") } },
    http: { addr: "127.0.0.1:0", secret: "of this test" },
    auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } },
  });
}

/** The port in the line that says so. What comes after it is read, too, so that the pipe never fills. */
function listeningPort(stderr: ReadableStream<Uint8Array>): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const read = async () => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of stderr) {
      text = (text + decoder.decode(chunk, { stream: true })).slice(-LOG_CHARS_KEPT);
      const port = /listening on [^"]*?:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve(Number(port));
    }
    reject(new Error(`docker-registry ended before it listened:\n${text}`));
  };
  read().catch(reject);
  return promise;
}
