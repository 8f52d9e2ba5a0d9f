import { expect } from "bun:test";
import type { Client as Driver, Host } from "cassandra-driver";
import { CASSANDRA_MIGRATIONS } from "../../src/adapters/cassandra/schema/migrations.ts";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { Client } from "../support/client.ts";
import { EventReader } from "../support/events.ts";
import { type Data, runTodos, type Service, type Settings } from "../support/service.ts";
import { note } from "../support/size.ts";

const CHANGES = 9;
const TOLD_WITHIN_MS = 1_000;
const MIGRATE_RUNS_MAX = 4;
const KNOWN_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 100;

/**
 * Expects the other instance to send changes made through one within a second. A client that returns to one with the
 * last id from the other must miss nothing.
 */
export async function eventsAcross(one: Service, other: Service, state: string): Promise<void> {
  const client = new Client(one.url);
  const events = await EventReader.open(other.url);
  const tookMs: number[] = [];
  let position = "";
  for (let n = 0; n < CHANGES; n++) {
    const path = await acknowledged(client, `told ${n}`);
    const startedAt = performance.now();
    position = await toldOf(path, events);
    tookMs.push(performance.now() - startedAt);
  }
  await events[Symbol.asyncDispose]();
  tookMs.sort((a, b) => a - b);
  const [median = 0, most = 0] = [tookMs[(CHANGES - 1) / 2], tookMs.at(-1)].map((ms) => Math.round(ms ?? 0));
  note(
    `events through another instance, ${state}: told after ${median} ms (median of ${CHANGES}), ${most} ms at most`,
  );
  expect(median).toBeLessThan(TOLD_WITHIN_MS);

  const missed: string[] = [];
  for (const through of [one, other, one]) {
    missed.push(await acknowledged(new Client(through.url), "missed"));
  }
  await using resumed = await EventReader.open(one.url, { "last-event-id": position });
  const told = new Set<string>();
  while (missed.some((path) => !told.has(path))) {
    const { event, data } = await resumed.nextEvent();
    expect(event).not.toBe("resync");
    told.add(pathOf(JSON.parse(data).href));
  }
}

/**
 * Creates another keyspace and waits until every node that is up knows it. A node learns it at once, unless a busy
 * machine made that node look down.
 */
export async function migratesAllTheSame(cluster: Cluster, data: Data): Promise<void> {
  const keyspace = "made_with_a_node_down";
  const startedAt = performance.now();
  const said = await migratedWith(data, { CASSANDRA_KEYSPACE: keyspace });
  expect(said.match(/^applied /gm)?.length).toBe(CASSANDRA_MIGRATIONS.length);
  note(`todos migrate with one of three nodes down: ${Math.round(performance.now() - startedAt)} ms`);
  const client = cluster.client();
  await client.connect();
  const alive = client.hosts.values().filter((host) => host.isUp());
  expect(alive.length).toBe(2);
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  while (!(await knownToAll(client, alive, keyspace))) {
    if (performance.now() > deadline) throw new Error("a node that is up does not know what was made");
    await Bun.sleep(LOOK_EVERY_MS);
  }
  await client.shutdown();
}

/** Whether these nodes agree on a schema that has the last table. */
async function knownToAll(client: Driver, nodes: readonly Host[], keyspace: string): Promise<boolean> {
  const tables = `SELECT table_name FROM system_schema.tables WHERE keyspace_name = '${keyspace}'`;
  const versions = new Set<string>();
  for (const host of nodes) {
    const of = (cql: string) => client.execute(cql, [], { prepare: false, host });
    versions.add(String((await of("SELECT schema_version FROM system.local")).first()?.schema_version));
    const names = (await of(tables)).rows.map((row): unknown => row.table_name);
    if (!names.includes("change_log")) return false;
  }
  return versions.size === 1;
}

/** Creates a checklist. A request in flight when a node dies may get a 503, so this repeats it. */
async function acknowledged(client: Client, name: string): Promise<string> {
  for (;;) {
    const reply = await client.post("/checklists", { name });
    if (reply.status === 201) return pathOf(reply.link("self"));
    expect(reply.status).toBe(503);
  }
}

/** Returns the path of a link. Links start with the address that each client used for its instance. */
function pathOf(href: string): string {
  return new URL(href).pathname;
}

/** Waits for the event about this path. @returns its position */
async function toldOf(path: string, events: EventReader): Promise<string> {
  for (;;) {
    const { data, id } = await events.nextEvent();
    if (pathOf(JSON.parse(data).href) === path) return id;
  }
}

/**
 * Runs migrate until it succeeds. Its own error says that another run continues where it stopped. Every node that is up
 * must answer every statement, and on a busy machine a node may stay silent for longer than migrate waits.
 * @returns the output of all runs
 */
export async function migratedWith(data: Data, settings: Settings = {}): Promise<string> {
  let said = "";
  let failure = "";
  for (let run = 1; run <= MIGRATE_RUNS_MAX; run++) {
    const { exitCode, stdout, stderr } = await runTodos(["migrate"], data, settings);
    said += stdout;
    if (exitCode === 0) return said;
    failure = stderr;
    note(`faults, run ${run} of migrate failed: ${stderr.trimEnd().split("\n").slice(-2).join(" ")}`);
  }
  throw new Error(`migrate failed ${MIGRATE_RUNS_MAX} times:\n${failure}`);
}
