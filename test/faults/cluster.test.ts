import { expect, test } from "bun:test";
import { RETRIES_PER_STATEMENT, RETRIES_SAVED_MAX } from "../../src/adapters/cassandra/retry-budget.ts";
import { NODE_TIMEOUT_MS, OPERATION_DEADLINE_MS } from "../../src/adapters/cassandra/settings.ts";
import { type Cluster, startCassandra } from "../support/cassandra/cluster.ts";
import type { CassandraNode } from "../support/cassandra/node.ts";
import { Client } from "../support/client.ts";
import { type Data, type Service, scratchData, startService } from "../support/service.ts";
import { FULL_SIZE, note } from "../support/size.ts";
import { eventsAcross, migratedWith, migratesAllTheSame } from "./afterwards.ts";
import { checkRow } from "./checker.ts";
import { churn } from "./churn.ts";
import { figuresOf, type Phase, sentence } from "./figures.ts";
import { History } from "./history.ts";
import { Load, versionOf } from "./load.ts";
import { completesOnce } from "./series.ts";

const ROUNDS = FULL_SIZE ? 10 : 1;
const ROUND_DEADLINE_MS = 900_000;
/** How long clients create rows under keys and delete them at random, with faults of every kind, ms. */
const CHURN_MS = FULL_SIZE ? 600_000 : 0;
const ROWS = 4;
/** How long each state lasts, ms. */
const CALM_MS = 4_000;
const NODE_GONE_MS = 8_000;
const NODE_FROZEN_MS = 20_000;
const QUORUM_LOST_MS = 10_000;
/** A request makes at most two operations on the store. The rest is for a busy machine. */
const ANSWER_DEADLINE_MS = 2 * OPERATION_DEADLINE_MS + 4_000;
/** Once a node is gone, requests sent later than this must not fail: everything in flight has ended by then. */
const IN_FLIGHT_MS = NODE_TIMEOUT_MS;
const JOINING = "a third node joining";
/** As a share of all requests. */
const UNAVAILABLE_WHILE_JOINING_MAX = 0.05;
const RESUME_DEADLINE_MS = 60_000;

test(
  "three nodes, two instances under load: acknowledged writes stay, one winner per version, no false 412",
  async () => {
    await using cluster = await startCassandra({ nodes: 3, asleep: 1 });
    await keyspaceWithThreeReplicas(cluster);
    using data = dataOf(cluster);
    await migratedWith(data);
    // The services must find the other nodes themselves.
    const firstNode = { CASSANDRA_ENDPOINTS: cluster.node.address };
    await using one = await startService(firstNode, data);
    await using other = await startService(firstNode, data);
    const history = new History();
    const phases: Phase[] = [];
    const rows = await checklists(one, ROWS);
    const [tasksChecklist = ""] = await checklists(one, 1);
    const load = new Load({ urls: [one.url, other.url], rows, tasksChecklist }, history);
    try {
      await joining(cluster, load, phases);
      for (let round = 0; round < ROUNDS; round++)
        await faults(cluster, [one, other], { data, load, phases });
    } finally {
      await load.stop();
    }
    judgePhases(history, phases);
    await judgeRows(one, rows, history);
    await judgeCreations(one, tasksChecklist, history);
    for (const service of [one, other]) await judgeRetries(service);
    if (CHURN_MS > 0) await churn(cluster, firstNode, data, CHURN_MS);
    await eventsAcross(one, other, "all nodes up");
    await completesOnce(cluster.node, one, firstNode, data);
    // That node stays down.
    await eventsAcross(one, other, "one of three nodes down");
    await migratesAllTheSame(cluster, data);
  },
  ROUNDS * ROUND_DEADLINE_MS + CHURN_MS,
);

/** Adds a third node to a cluster of two. Later the cluster loses the node by which the services found it. */
async function joining({ nodes }: Cluster, load: Load, phases: Phase[]): Promise<void> {
  await during("two nodes up", phases, () => Bun.sleep(CALM_MS));
  await during(JOINING, phases, () => load.gently(() => (nodes[2] as CassandraNode).start()));
}

/** Causes everything that may happen to a cluster once, with calm in between. */
async function faults(
  cluster: Cluster,
  services: readonly Service[],
  { data, load, phases }: { readonly data: Data; readonly load: Load; readonly phases: Phase[] },
): Promise<void> {
  const [first, second, third] = cluster.nodes as [CassandraNode, CassandraNode, CassandraNode];
  await during("all nodes up", phases, () => Bun.sleep(CALM_MS));
  await during("the first node killed, the only one named to the services", phases, async () => {
    await first.kill("SIGKILL");
    await Bun.sleep(NODE_GONE_MS);
  });
  await during("that node coming back", phases, () => load.gently(() => first.restart()));
  // A node that has just started is busy with what it missed: frozen beside it, two of three would be missing.
  await during("all nodes up, a while later", phases, () => Bun.sleep(CALM_MS));
  await during("one node frozen", phases, async () => {
    third.stop();
    await Bun.sleep(NODE_FROZEN_MS);
  });
  await during("that node going on", phases, async () => {
    third.cont();
    await Bun.sleep(CALM_MS);
  });
  await during("quorum lost", phases, async () => {
    const killedAt = performance.now();
    await Promise.all([first.kill("SIGKILL"), second.kill("SIGKILL")]);
    await Promise.all(services.map((service) => untilHealth(service, 503)));
    note(`faults, health DOWN ${Math.round(performance.now() - killedAt)} ms after the quorum was lost`);
    await startedWithoutStore(data, [first, second]);
    await Bun.sleep(QUORUM_LOST_MS);
  });
  await during("quorum coming back", phases, async () => {
    await load.gently(() => first.restart());
    const startedAt = performance.now();
    await Promise.all(services.map((service) => untilHealth(service, 200)));
    note(
      `faults, service resumed ${Math.round(performance.now() - startedAt)} ms after the second of three nodes answered`,
    );
  });
  await load.gently(() => second.restart());
  await during("all nodes up again", phases, () => Bun.sleep(CALM_MS));
}

async function during(name: string, phases: Phase[], work: () => Promise<void>): Promise<void> {
  const from = performance.now();
  await work();
  phases.push({ name, from, to: performance.now() });
}

/** Starts an instance that finds no node. It lives, is not ready, says so in every answer, and stops when told to. */
async function startedWithoutStore(data: Data, dead: readonly CassandraNode[]): Promise<void> {
  const endpoints = { CASSANDRA_ENDPOINTS: dead.map(({ address }) => address).join(",") };
  const service = await startService(endpoints, data, "listening");
  const client = new Client(service.url);
  const liveness = await client.get("/actuator/health/liveness");
  const readiness = await client.get("/actuator/health/readiness");
  const asked = await client.get("/checklists");
  expect([liveness.status, readiness.status, asked.status]).toEqual([200, 503, 503]);
  expect(Number(asked.header("retry-after"))).toBeGreaterThan(0);
  expect(await service.stop()).toBe(0);
}

function judgePhases(history: History, phases: readonly Phase[]): void {
  for (const phase of phases) {
    const figures = figuresOf(history.answers, phase, IN_FLIGHT_MS);
    note(`faults, ${sentence(phase, figures)}`);
    expect({ phase: phase.name, wrong: figures.wrong }).toEqual({ phase: phase.name, wrong: [] });
    expect(figures.longestMs).toBeLessThan(ANSWER_DEADLINE_MS);
    if (phase.name === JOINING) {
      // Every node is up, so nothing has to fail. While the machine is busy starting one, some requests may time out.
      expect(figures.unavailable).toBeLessThanOrEqual(figures.requests * UNAVAILABLE_WHILE_JOINING_MAX);
    } else if (!phase.name.startsWith("quorum")) {
      expect({ phase: phase.name, late: figures.unavailableLate }).toEqual({ phase: phase.name, late: 0 });
    }
  }
}

async function judgeRows(service: Service, rows: readonly string[], history: History): Promise<void> {
  const client = new Client(service.url);
  let [acknowledged, stale, undecided, undecidedButDone, reads] = [0, 0, 0, 0, 0];
  for (const row of rows) {
    const reply = await client.get(`/checklists/${row}`);
    const version = versionOf({ status: reply.status, etag: reply.header("etag") }) ?? 0;
    const verdict = checkRow(
      history.operations.filter((operation) => operation.row === row),
      { version, value: reply.json().name },
    );
    expect(verdict.violations).toEqual([]);
    acknowledged += verdict.acknowledged;
    stale += verdict.stale;
    undecided += verdict.undecided;
    undecidedButDone += verdict.undecidedButDone;
    reads += verdict.reads;
  }
  expect(acknowledged).toBeGreaterThan(100);
  expect(stale).toBeGreaterThan(10);
  note(
    `faults, conditional writes: ${acknowledged} acknowledged, 0 lost, one winner each; ${stale} got 412, none falsely; ${undecided} undecided, ${undecidedButDone} of them done; ${reads} reads, none stale`,
  );
}

async function judgeCreations(service: Service, checklist: string, history: History): Promise<void> {
  const response = await fetch(`${service.url}/tasks?checklist=${checklist}`, {
    headers: { accept: "application/x-ndjson" },
  });
  const lines = (await response.text()).split("\n").filter((line) => line !== "");
  const texts = lines.map((line): unknown => JSON.parse(line).todo);
  const acknowledged = history.creations.filter((creation) => creation.acknowledged);
  const lost = acknowledged.filter(({ text }) => !texts.includes(text));
  expect(lost).toEqual([]);
  expect(new Set(texts).size).toBe(texts.length);
  note(`faults, creations under a key: ${acknowledged.length} acknowledged, 0 lost, 0 made twice`);
}

/** Expects no more retries than the budget allows. */
async function judgeRetries(service: Service): Promise<void> {
  const text = (await new Client(service.url).get("/actuator/prometheus")).text;
  const count = (attempt: string) =>
    Number(new RegExp(`^todos_store_statements_total\\{attempt="${attempt}"\\} (\\d+)`, "m").exec(text)?.[1]);
  const [first, retry] = [count("first"), count("retry")];
  expect(first).toBeGreaterThan(0);
  expect(retry).toBeLessThanOrEqual(RETRIES_SAVED_MAX + RETRIES_PER_STATEMENT * first);
  note(`faults, statements of one instance: ${first}, of them sent again: ${retry}`);
}

async function untilHealth(service: Service, status: number): Promise<void> {
  const deadline = performance.now() + RESUME_DEADLINE_MS;
  const client = new Client(service.url);
  while ((await client.get("/actuator/health/readiness")).status !== status) {
    if (performance.now() > deadline) throw new Error(`readiness is not ${status} in time`);
    await Bun.sleep(100);
  }
}

async function checklists(service: Service, count: number): Promise<string[]> {
  const client = new Client(service.url);
  const made = await Promise.all(Array.from({ length: count }, (_, n) => client.checklist(`first.${n}`)));
  return made.map(({ id }) => id);
}

/** Creates as many replicas as there will be nodes, so that two nodes are a quorum from the start. */
async function keyspaceWithThreeReplicas(cluster: Cluster): Promise<void> {
  const client = cluster.client();
  const replication = "{'class': 'NetworkTopologyStrategy', 'datacenter1': 3}";
  await client.execute(`CREATE KEYSPACE todos WITH replication = ${replication}`);
  await client.shutdown();
}

function dataOf(cluster: Cluster): Data {
  const rows = scratchData();
  return { ...rows, settings: { ...cluster.environment, CASSANDRA_KEYSPACE: "todos" } };
}
