// `npm run build:profile`: records which functions a start and everyday requests use, for the layout of the
// executable's bytecode. Run it after large changes to the program or to Bun; a slightly outdated profile only helps a
// little less.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
const PROFILE = join(root, "scripts/build/bytecode-order.txt");
/**
 * Version, functions, modules and their names. Keys and strings would make it twenty times as large, for almost no
 * gain.
 */
const KEPT_LINE = /^(v\d|[FMN] )/;
/** For what the start postpones: the store's writer, the first check of the disk. */
const SETTLE_MS = 500;
const ROUNDS = 3;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "todos-profile-"));
  try {
    await recordUse(folder, join(folder, "order"));
    const recorded = await Bun.file(join(folder, "order")).text();
    const kept = recorded.split("\n").filter((line) => KEPT_LINE.test(line));
    await Bun.write(PROFILE, `${kept.join("\n")}\n`);
    console.error(`${PROFILE}: ${kept.length} lines`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The program writes the record when it ends. */
async function recordUse(folder: string, record: string): Promise<void> {
  const command = [join(root, "dist/todos"), "serve", "--port", "0", "--sqlite", join(folder, "todos.db")];
  const environment = { TODOS_LOG_FORMAT: "json", BUN_BYTECODE_ORDER_OUT: record };
  const service = Bun.spawn(command, { env: environment, stdout: "pipe", stderr: "inherit" });
  try {
    const url = await addressIn(service.stdout);
    await fetch(`${url}/actuator/health`);
    await Bun.sleep(SETTLE_MS);
    for (let round = 0; round < ROUNDS; round++) await everydayRequests(url);
  } finally {
    service.kill("SIGTERM");
    await service.exited;
  }
}

async function everydayRequests(url: string): Promise<void> {
  const json = { "content-type": "application/json" };
  const made = await fetch(`${url}/tasks`, { method: "POST", headers: json, body: '{"todo":"Shopping"}' });
  const task = made.headers.get("location") ?? "";
  const list = await fetch(`${url}/checklists`, {
    method: "POST",
    headers: json,
    body: '{"name":"Shopping"}',
  });
  const paths = ["/", "/checklists", "/tasks", "/nothing", "/actuator/prometheus"].map((path) => url + path);
  for (const address of [task, list.headers.get("location") ?? "", ...paths])
    await (await fetch(address)).text();
  const patch = { "content-type": "application/merge-patch+json" };
  await fetch(task, { method: "PATCH", headers: patch, body: '{"completed":true}' });
  await fetch(task, { method: "DELETE" });
}

async function addressIn(output: ReadableStream<Uint8Array>): Promise<string> {
  let seen = "";
  for await (const bytes of output) {
    seen += Buffer.from(bytes).toString();
    const address = /http:\/\/127\.0\.0\.1:\d+/.exec(seen)?.[0];
    if (address !== undefined) return address;
  }
  throw new Error(`the program ended before it listened: ${seen}`);
}

await main();
