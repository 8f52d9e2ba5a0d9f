import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Account, addressOf } from "../support/aws/fakecloud/account.ts";
import { todosExpecting } from "../support/aws/fakecloud/deployer.ts";
import { type Place, startPlace } from "../support/aws/fakecloud/place.ts";
import { builtBinary } from "../support/binary.ts";
import { CACHED_IMAGE_BYTES_MAX } from "../support/oci/pieces.ts";

// Follows one deployment on an emulator of AWS, with the compiled binary. Each test continues where the last one ended.
// `npm test` runs this file in its own network namespace, because tasks have the addresses of a VPC there.

const STACKS = [
  "TodosClusterStack",
  "TodosEcsStack",
  "TodosKeyspacesStack",
  "TodosNetworkStack",
  "TodosRegistryStack",
];
/** The tables that the templates and the migrations create. */
const TABLES = [
  ...["account_record", "account_record_by_owner", "change_log", "change_writer", "checklist"],
  ...["checklist_by_user", "idempotency", "meta", "purge", "purge_queue"],
  ...["schema_lease", "schema_migration", "task_due", "todo", "turn"],
];
/** Ends a step that hangs. Generous, for a busy machine. */
const STEP_DEADLINE_MS = 600_000;
const LOOK_EVERY_MS = 200;
/** Unused bytes of an ELF header. Changing one gives another binary that does the same. */
const ELF_PADDING_AT = 9;

let place: Place;
let account: Account;
let folder: string;
let otherBinary: string;
let firstDigest: string;
let secondDigest: string;
/** The step in progress, or the one that failed. */
let stoppedAt: string | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "todos-journey-"));
  otherBinary = await changedBinary(folder);
  place = await startPlace();
  account = new Account(place.fakecloud);
});

afterAll(async () => {
  await place?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

step("todos deploy → an empty account gets five stacks, the image, and two tasks that run it", async () => {
  const events = await todosExpecting(0, place, ["deploy", "--yes"]);
  const image = events.find(({ event }) => event === "image");
  firstDigest = image.digest;
  console.log(`note: image of ${(image.bytes / 1e6).toFixed(1)} MB, ${image.digest}`);
  expect(image.bytes).toBeLessThanOrEqual(CACHED_IMAGE_BYTES_MAX);

  expect(await account.stacks()).toEqual(Object.fromEntries(STACKS.map((name) => [name, "CREATE_COMPLETE"])));
  expect([...(await account.images("todos")).keys()]).toEqual([firstDigest]);
  await expectTasksOf(firstDigest, { cpu: "256", memory: "512" });
  expect(events.at(-1)).toMatchObject({ event: "done", digest: firstDigest });
});

step("its network has two private subnets and no way to the internet", async () => {
  expect(await account.network()).toEqual({
    vpcCidrs: ["10.0.0.0/16"],
    subnetCidrs: ["10.0.1.0/24", "10.0.2.0/24"],
    internetGateways: 0,
  });
});

step("its migrations have run in a task: the keyspace has the tables of this release", async () => {
  expect([...((await place.tables("todos")) ?? [])].sort()).toEqual(TABLES);
});

step("each task has passed todos smoke, which ran in its own task", async () => {
  const addresses = (await account.tasks("RUNNING")).map(addressOf);
  const done = (await account.tasks("STOPPED")).map(({ overrides, containers }) => ({
    command: overrides?.containerOverrides?.[0]?.command?.join(" "),
    exitCode: containers?.[0]?.exitCode,
  }));
  for (const address of addresses)
    expect(done).toContainEqual({ command: `smoke http://${address}:8181`, exitCode: 0 });
  expect(done).toContainEqual({ command: "migrate", exitCode: 0 });
});

step("a checklist stored by one task is read from the other", async () => {
  const [one = "", another = ""] = await urls();
  const created = await fetch(`${one}/checklists`, json("POST", { name: "kept over everything" }));
  expect(created.status).toBe(201);
  expect(await checklistNames(another)).toContain("kept over everything");
});

step(
  "its containers run as an unprivileged user, with an init, and can't write to their root file system",
  async () => {
    const ids = (await place.fakecloud.containers.podman("ps", "--quiet")).trim().split("\n");
    for (const id of ids) {
      const [container] = JSON.parse(await place.fakecloud.containers.podman("inspect", id));
      expect(container).toMatchObject({
        Config: { User: "65532:65532" },
        EffectiveCaps: null,
        HostConfig: { ReadonlyRootfs: true, Init: true },
      });
    }
  },
);

step("todos status → all is well, with the image, both tasks and the cost", async () => {
  const [status] = await todosExpecting(0, place, ["status"]);
  expect(status).toMatchObject({ healthy: true, digest: firstDigest, goodDigests: [firstDigest] });
  expect(status.tasks).toHaveLength(2);
  expect(status.monthlyUsd).toBeGreaterThan(0);
});

step("todos deploy of another binary with more memory replaces both tasks and keeps the data", async () => {
  const before = (await account.tasks("RUNNING")).map(({ taskArn }) => taskArn);
  const words = ["deploy", "--yes", "--binary", otherBinary, "--cpu", "512", "--memory", "1024"];
  const events = await todosExpecting(0, place, words);
  secondDigest = events.find(({ event }) => event === "image").digest;
  expect(secondDigest).not.toBe(firstDigest);

  expect(actionsIn(events)).toMatchObject({ TodosNetworkStack: "none", TodosEcsStack: "update" });
  await expectTasksOf(secondDigest, { cpu: "512", memory: "1024" });
  for (const { taskArn } of await account.tasks("RUNNING")) expect(before).not.toContain(taskArn);
  for (const url of await urls()) expect(await checklistNames(url)).toContain("kept over everything");
});

step("todos diff right after it → nothing would change, exit code 0", async () => {
  const events = await todosExpecting(0, place, ["diff", "--binary", otherBinary]);
  expect(actionsIn(events)).toEqual(Object.fromEntries(STACKS.map((name) => [name, "none"])));
});

step("todos logs → the output of tasks, including the smoke test of the second image", async () => {
  const events = await todosExpecting(0, place, ["logs"]);
  expect(events.filter(({ text }) => /\d+ ok, 0 failed/.test(text))).toHaveLength(4);
});

step("todos rollback → both tasks run the first image again, and nothing is built or pushed", async () => {
  const events = await todosExpecting(0, place, ["rollback", "--yes"]);
  expect(events.some(({ event }) => event === "image" || event === "push")).toBeFalse();
  expect(events.at(-1)).toMatchObject({ event: "done", digest: firstDigest });

  await expectTasksOf(firstDigest, { cpu: "512", memory: "1024" });
  expect((await account.images("todos")).size).toBe(2);
  for (const url of await urls()) expect(await checklistNames(url)).toContain("kept over everything");
});

step("todos diff of other settings → each property that would change, exit code 1", async () => {
  const events = await todosExpecting(1, place, ["diff", "--memory", "2048"]);
  const { stacks } = events.find(({ event }) => event === "plan");
  const changes = stacks.flatMap((stack: { changes: unknown[] }) => stack.changes);
  expect(changes).toContainEqual(
    expect.objectContaining({
      logicalId: "TaskDefinition",
      replacement: "yes",
      properties: [
        { path: "Properties.Memory", before: "1024", after: "2048", replaces: "yes" },
        // The time of the last deploy, and of this one.
        expect.objectContaining({ path: expect.stringMatching(/Environment\.\d+\.Value$/) }),
      ],
    }),
  );
  await expectTasksOf(firstDigest, { cpu: "512", memory: "1024" });
});

step("todos destroy → only the data is left, and it says so", async () => {
  const events = await todosExpecting(0, place, ["destroy", "--yes"]);
  const left = events.filter(({ event }) => event === "remaining");
  expect(left.map(({ what }) => what)).toEqual([expect.stringContaining("keyspace todos with the tables")]);

  await expectNothingLeft();
  expect([...((await place.tables("todos")) ?? [])].sort()).toEqual(TABLES);
});

step("todos deploy after that → adopts the data: what was stored is there", async () => {
  const events = await todosExpecting(0, place, ["deploy", "--yes"]);
  expect(actionsIn(events)).toMatchObject({ TodosKeyspacesStack: "adopt", TodosEcsStack: "create" });
  for (const url of await urls()) expect(await checklistNames(url)).toContain("kept over everything");
});

step(
  "todos deploy --auth accounts → every task asks who is calling, a proxy's secret comes from Secrets Manager, and the checks let themselves in",
  async () => {
    const secret = "what-the-proxy-proves-itself-by";
    const arn = await account.secret("todos/proxy", secret);
    const words = [
      "--trusted-proxies",
      "0.0.0.0/0",
      "--auth-proxy-header",
      "Remote-User",
      "--auth-proxy-secret",
      arn,
    ];
    const events = await todosExpecting(0, place, ["deploy", "--yes", "--auth", "accounts", ...words]);
    expect(actionsIn(events)).toMatchObject({ TodosNetworkStack: "update", TodosEcsStack: "update" });
    const done = (await account.tasks("STOPPED")).map(({ overrides, containers }) => ({
      command: overrides?.containerOverrides?.[0]?.command?.join(" "),
      exitCode: containers?.[0]?.exitCode,
    }));
    for (const url of await urls()) {
      expect((await fetch(`${url}/checklists`)).status).toBe(401);
      expect(done).toContainEqual({ command: `smoke --make-token ${url}`, exitCode: 0 });
    }
    const [url = ""] = await urls();
    const code = await setUpCode();
    const first = { code, login: "ada", password: "correct horse battery" };
    expect((await fetch(`${url}/set-up`, json("POST", first))).status).toBe(201);
    const byProxy = { "remote-user": "ada", "todos-proxy-secret": secret };
    const lists = await fetch(`${url}/checklists?size=200`, { headers: byProxy });
    expect([lists.status, await lists.text()]).toEqual([200, expect.stringContaining('"name":"Inbox"')]);
  },
);

step("todos destroy --delete-data → the data is gone, too", async () => {
  const words = ["destroy", "--yes", "--delete-data", "--no-export"];
  const events = await todosExpecting(0, place, words);
  expect(events.filter(({ event }) => event === "remaining")).toEqual([]);

  await expectNothingLeft();
  expect(await place.tables("todos")).toBeUndefined();
});

step("every deviation that the proxy makes up for is still there", () => {
  expect([...place.proxy.seen].sort()).toEqual([...place.deviations].sort());
});

/** Adds a test that runs only if all earlier ones have passed. */
function step(name: string, run: () => void | Promise<void>): void {
  const tried = async () => {
    if (stoppedAt !== undefined) throw new Error(`skipped because this failed: ${stoppedAt}`);
    stoppedAt = name;
    await run();
    stoppedAt = undefined;
  };
  test(name, tried, STEP_DEADLINE_MS);
}

/** Expects both tasks of the service to run this image, each at its own address, and to answer. */
async function expectTasksOf(digest: string, size: { cpu: string; memory: string }): Promise<void> {
  const tasks = await account.tasks("RUNNING");
  expect(tasks).toHaveLength(2);
  expect(new Set(tasks.map(addressOf)).size).toBe(2);
  for (const task of tasks) {
    expect(task).toMatchObject({ lastStatus: "RUNNING", ...size });
    expect(task.containers?.[0]?.imageDigest).toBe(digest);
  }
  for (const url of await urls()) {
    const health = await fetch(`${url}/actuator/health`);
    expect({ status: health.status, body: await health.json() }).toEqual({
      status: 200,
      body: { status: "UP" },
    });
  }
}

async function expectNothingLeft(): Promise<void> {
  expect(await account.stacks()).toEqual({});
  expect(await account.network()).toEqual({ vpcCidrs: [], subnetCidrs: [], internetGateways: 0 });
  expect(await account.repositories()).toEqual([]);
  await allStopped();
}

/**
 * Waits for containers to drain, because the emulator forgets their tasks at once. The step's deadline ends the wait.
 */
async function allStopped(): Promise<void> {
  while ((await place.fakecloud.containers.podman("ps", "--quiet")).trim() !== "")
    await Bun.sleep(LOOK_EVERY_MS);
}

/** Of the log of any task: the emulator shows what running tasks log to nobody else. */
async function setUpCode(): Promise<string | undefined> {
  const { podman } = place.fakecloud.containers;
  const ids = (await podman("ps", "--quiet")).trim().split("\n");
  const logs = await Promise.all(ids.map((id) => podman("logs", id)));
  return /"setUpCode":"([^"]+)"/.exec(logs.join("\n"))?.[1];
}

async function urls(): Promise<string[]> {
  return (await account.tasks("RUNNING")).map((task) => `http://${addressOf(task)}:8181`);
}

async function checklistNames(url: string): Promise<string[]> {
  const answer = await fetch(`${url}/checklists?size=200`);
  // biome-ignore lint/suspicious/noExplicitAny: only the names matter here, other tests check the rest
  const { _embedded }: any = await answer.json();
  return _embedded.checklists.map(({ name }: { name: string }) => name);
}

function json(method: string, body: object): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Returns the plan's action for each stack. */
// biome-ignore lint/suspicious/noExplicitAny: events of --json
function actionsIn(events: readonly any[]): Record<string, string> {
  const { stacks } = events.find(({ event }) => event === "plan");
  return Object.fromEntries(
    stacks.map(({ stack, action }: { stack: string; action: string }) => [stack, action]),
  );
}

/** Writes a different file that runs like dist/todos. */
async function changedBinary(into: string): Promise<string> {
  const bytes = new Uint8Array(await Bun.file(await builtBinary()).arrayBuffer());
  bytes[ELF_PADDING_AT] = 1;
  const path = join(into, "todos");
  await Bun.write(path, bytes);
  await chmod(path, 0o755);
  return path;
}
