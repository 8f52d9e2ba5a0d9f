import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CASSANDRA_START_DEADLINE_MS } from "../support/cassandra/shared.ts";
import type { Keyspaces } from "../support/keyspaces/keyspaces.ts";
import { sharedKeyspaces } from "../support/keyspaces/shared.ts";
import { type Data, runTodos, type Service, type Settings, startService } from "../support/service.ts";

const DEADLINE_MS = 60_000;

let keyspaces: Keyspaces;
let data: Data;
let service: Service;

/** The compiled binary on the stand-in, which these tests throttle. */
beforeAll(async () => {
  keyspaces = await sharedKeyspaces();
  const folder = mkdtempSync(join(tmpdir(), "todos-api-"));
  data = {
    folder,
    settings: keyspaces.environment,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
  service = await startService({}, data);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  data?.[Symbol.dispose]();
}, DEADLINE_MS);

function create(name: string): Promise<Response> {
  return fetch(`${service.url}/checklists`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name }),
  });
}

async function throttledSoFar(): Promise<number> {
  const text = await (await fetch(`${service.url}/actuator/prometheus`)).text();
  return Number(/^todos_store_throttled_total (\d+)$/m.exec(text)?.[1]);
}

test("without capacity: 503 with Retry-After, counted; with capacity again it recovers without help", async () => {
  expect((await create("before")).status).toBe(201);
  expect(await throttledSoFar()).toBe(0);
  await keyspaces.throttle(1);
  const refused = [await create("during"), await fetch(`${service.url}/checklists`)];
  await keyspaces.throttle(0);
  for (const response of refused) {
    expect(response.status).toBe(503);
    expect(response.headers.get("content-type")).toContain("application/problem+json");
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(((await response.json()) as { detail: string }).detail).toStartWith("The store is throttled: ");
  }
  const counted = await throttledSoFar();
  expect(counted).toBeGreaterThanOrEqual(4);
  const metric = await (await fetch(`${service.url}/actuator/metrics/todos.store.throttled`)).json();
  expect(metric).toMatchObject({ measurements: [{ statistic: "COUNT", value: expect.any(Number) }] });
  expect((await create("after")).status).toBe(201);
});

test("clients don't notice a little throttling: every read is answered", async () => {
  await keyspaces.throttle(0.05);
  const answers = await Promise.all(Array.from({ length: 40 }, () => fetch(`${service.url}/checklists`)));
  await keyspaces.throttle(0);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});

test.each<[Settings, string]>([
  [{ AWS_SECRET_ACCESS_KEY: "wrong" }, "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"],
  [{ AWS_REGION: "us-east-1" }, "set CASSANDRA_SSL_SERVER_NAME to the name in it"],
  [{ CASSANDRA_SSL_CA: "" }, "name the authority that signed it with CASSANDRA_SSL_CA"],
  [
    {
      AWS_ACCESS_KEY_ID: "",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    },
    "no AWS credentials found: set AWS_ACCESS_KEY_ID",
  ],
  [{ CASSANDRA_KEYSPACE: "nowhere" }, "keyspace nowhere (CASSANDRA_KEYSPACE) does not exist"],
])(
  "%p → serve ends with 1 and one sentence that names the setting",
  async (wrong, sentence) => {
    const { exitCode, stderr } = await runTodos(["serve"], data, wrong);
    expect(exitCode).toBe(1);
    expect(stderr).toStartWith("todos: ");
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split("\n")).toHaveLength(1);
  },
  DEADLINE_MS,
);

test(
  "todos doctor reports the result: all is well, or the one thing that is wrong",
  async () => {
    const fine = await runTodos(["doctor"], data, { TODOS_PORT: "0" });
    expect(fine.stdout).toContain("cluster's login: the nodes accept the AWS identity, in eu-west-1\n");
    expect(fine.stdout).toContain("cluster's schema: up to date, and a quorum answers\n");
    expect(fine.exitCode).toBe(0);
    const refused = await runTodos(["doctor"], data, { TODOS_PORT: "0", AWS_SECRET_ACCESS_KEY: "wrong" });
    expect(refused.stdout).toContain("fail  cluster's login: Amazon Keyspaces refuses the AWS credentials");
    expect(refused.exitCode).toBe(1);
  },
  DEADLINE_MS,
);
