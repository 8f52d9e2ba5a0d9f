import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { $ } from "bun";
import { freePort } from "./port.ts";
import { type Running, start } from "./process.ts";

const VERSION = "v0.39.0";
const MODULE = `github.com/pocketbase/pocketbase/examples/base@${VERSION}`;
const BIN_FOLDER = join(import.meta.dir, "../../.cache/go-peer");
const PROGRAM = join(BIN_FOLDER, "base");
const PERSON = { identity: "bench@example.com", password: "only-for-the-bench" };

export const PEER_NAME = `PocketBase ${VERSION}`;

/** A single Go binary that does much the same, for comparison. */
export interface GoPeer {
  command(port: number): string[];
  start(): Promise<Running>;
  readonly healthPath: string;
  /** A record to read, and the collection to create in. */
  readonly recordPath: string;
  readonly collectionPath: string;
}

/** @returns undefined, after printing one line, if Go or the program is not available */
export async function goPeer(folder: string): Promise<GoPeer | undefined> {
  try {
    if (!existsSync(PROGRAM)) await install();
    return await prepared(join(folder, "go-peer"));
  } catch (error) {
    console.error(`without the Go peer: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}

async function install(): Promise<void> {
  if (Bun.which("go") === null) throw new Error("Go is not installed");
  await mkdir(BIN_FOLDER, { recursive: true });
  console.error(`building the Go peer, ${MODULE}`);
  await $`go install ${MODULE}`.env({ ...process.env, GOBIN: BIN_FOLDER }).quiet();
}

async function prepared(data: string): Promise<GoPeer> {
  await rm(data, { recursive: true, force: true });
  await $`${PROGRAM} superuser upsert ${PERSON.identity} ${PERSON.password} --dir ${data}`.quiet();
  const command = (port: number) => [PROGRAM, "serve", `--http=127.0.0.1:${port}`, "--dir", data];
  const startPeer = async () => start(command(await freePort()));
  const server = await startPeer();
  try {
    const id = await record(server.url);
    const collectionPath = "/api/collections/checklists/records";
    const recordPath = `${collectionPath}/${id}`;
    return { command, start: startPeer, healthPath: "/api/health", recordPath, collectionPath };
  } finally {
    await server.stop();
  }
}

/** A collection that everyone may read and write, with one record in it. @returns the record's id */
async function record(url: string): Promise<string> {
  const { token } = await post(`${url}/api/collections/_superusers/auth-with-password`, PERSON);
  await post(
    `${url}/api/collections`,
    {
      name: "checklists",
      type: "base",
      fields: [
        { name: "name", type: "text" },
        { name: "created", type: "autodate", onCreate: true },
        { name: "updated", type: "autodate", onCreate: true, onUpdate: true },
      ],
      listRule: "",
      viewRule: "",
      createRule: "",
    },
    token,
  );
  const { id } = await post(`${url}/api/collections/checklists/records`, { name: "Shopping" });
  if (id === undefined) throw new Error("the Go peer made no record");
  return id;
}

async function post(url: string, body: object, token = ""): Promise<{ token?: string; id?: string }> {
  const headers = { "content-type": "application/json", authorization: token };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${new URL(url).pathname} answered ${response.status}`);
  return (await response.json()) as { token?: string; id?: string };
}
