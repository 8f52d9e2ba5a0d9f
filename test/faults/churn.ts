import { expect } from "bun:test";
import type { Cluster } from "../support/cassandra/cluster.ts";
import { Client } from "../support/client.ts";
import { seededRandom } from "../support/random.ts";
import { type Data, type Service, type Settings, startService } from "../support/service.ts";
import { note } from "../support/size.ts";
import { checkKeyed } from "./checker.ts";
import { KeyedLoad, type Kind } from "./keyed-load.ts";

const INSTANCES = 2;
const CLIENTS_PER_KIND = 3;
/** The pause between two faults, ms. */
const CALM_MS = 3_000;
/** How long a node is frozen, ms: longer than every timeout, so it executes statements late. */
const FROZEN_MS = 6_000;
/** How long a node is dead before it starts again, ms. */
const DEAD_MS = 3_000;

interface Fault {
  readonly name: string;
  happen(): Promise<void>;
}

/**
 * Creates rows under keys at random, repeats requests and deletes rows, while instances are killed and nodes are killed
 * and frozen. Nothing acknowledged may be lost, nothing created twice, and nothing may come back.
 * @param settings tell instances where the cluster is
 */
export async function churn(
  cluster: Cluster,
  settings: Settings,
  data: Data,
  lastsMs: number,
): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const { next: random } = seededRandom(seed);
  const services = await Promise.all(Array.from({ length: INSTANCES }, () => startService(settings, data)));
  const urls = services.map(({ url }) => url);
  const load = new KeyedLoad(urls, await kinds(services[0] as Service), random, CLIENTS_PER_KIND);
  const faults = faultsOf(cluster, services, urls, () => startService(settings, data), random);
  const happened = new Map<string, number>();
  const until = performance.now() + lastsMs;
  for (let n = 0; performance.now() < until; n++) {
    // Cause each fault at least once, even in a short run.
    const fault = faults[n < faults.length ? n : Math.floor(random() * faults.length)] as Fault;
    await fault.happen();
    happened.set(fault.name, (happened.get(fault.name) ?? 0) + 1);
    await Bun.sleep(CALM_MS);
  }
  await load.stop();
  await judge(load, happened, seed);
  await Promise.all(services.map((service) => service.stop()));
}

async function kinds(service: Service): Promise<Kind[]> {
  const { id } = await new Client(service.url).checklist("holds the tasks");
  return [
    {
      name: "task",
      collection: `/tasks?checklist=${id}`,
      member: "todo",
      pathOf: (task) => `/tasks/${task}?checklist=${id}`,
    },
    { name: "checklist", collection: "/checklists", member: "name", pathOf: (list) => `/checklists/${list}` },
  ];
}

function faultsOf(
  { nodes }: Cluster,
  services: Service[],
  urls: string[],
  start: () => Promise<Service>,
  random: () => number,
): Fault[] {
  const one = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T;
  const restarts: Fault = {
    name: "instances killed",
    async happen() {
      const index = Math.floor(random() * services.length);
      await (services[index] as Service).stop("SIGKILL");
      const next = await start();
      services[index] = next;
      urls[index] = next.url;
    },
  };
  const freezes: Fault = {
    name: "nodes frozen",
    async happen() {
      const node = one(nodes);
      node.stop();
      await Bun.sleep(FROZEN_MS);
      node.cont();
    },
  };
  const kills: Fault = {
    name: "nodes killed",
    async happen() {
      const node = one(nodes);
      await node.kill("SIGKILL");
      await Bun.sleep(DEAD_MS);
      await node.restart();
    },
  };
  return nodes.length > 1 ? [restarts, freezes, kills] : [restarts];
}

async function judge(load: KeyedLoad, happened: ReadonlyMap<string, number>, seed: number): Promise<void> {
  const stored = await load.stored();
  const byKey = Map.groupBy(load.operations, ({ key }) => key);
  const wrong = [...byKey].flatMap(([key, operations]) =>
    checkKeyed(operations, stored.get(key) ?? []).map((violation) => ({ key, violation, operations })),
  );
  const count = (outcome: string) => load.operations.filter((each) => each.outcome === outcome).length;
  const faults = [...happened].map(([name, times]) => `${times} ${name}`).join(", ");
  note(
    `keyed creations and deletions under faults (${faults}; seed ${seed}): ${load.operations.length} operations on ${byKey.size} rows, ${count("unknown")} of them without an answer; ${wrong.length} lost, doubled or resurrected`,
  );
  expect(wrong).toEqual([]);
  expect(byKey.size).toBeGreaterThan(CLIENTS_PER_KIND);
}
