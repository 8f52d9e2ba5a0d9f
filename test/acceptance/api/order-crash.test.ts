import { expect, test } from "bun:test";
import { answered, Client, type Json } from "../../support/client.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import { type Data, STORE, STORE_NAME, scratchData, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { inOrder, orderOf, placedIn } from "./order.ts";

const SECONDS = FULL_SIZE ? 30 : 3;
const WRITERS = 16;
const TASKS = 40;
/** Every fourth task is never moved. */
const UNTOUCHED_EVERY = 4;
/** A life of the service ends with one of so many moves, others being under way. */
const LIFE_MOVES_MAX = STORE === "sqlite" ? 300 : 60;
const SEED = 20_261_129;

/** Both readers are asked again if a late statement of the killed process changes the order meanwhile. */
const LOOKS_MAX = 10;

interface Tally {
  /** Acknowledged moves of each task. */
  readonly moves: Map<string, number>;
  refused: number;
  /** Moves without an answer, or with one that says that the store was unavailable. */
  unknown: number;
}

test(
  `${WRITERS} writers move tasks at random for ${SECONDS} s while the service is killed: none is lost, and those that nobody moves keep their order`,
  async () => {
    using data = scratchData();
    const random = seededRandom(SEED);
    const { list, ids } = await filledList(data);
    const untouched = ids.filter((_, index) => index % UNTOUCHED_EVERY === 0);
    const movable = ids.filter((id) => !untouched.includes(id));
    const tally: Tally = { moves: new Map(), refused: 0, unknown: 0 };
    const endsAt = performance.now() + SECONDS * 1_000;
    let lives = 0;
    for (; performance.now() < endsAt; lives++) {
      await using service = await startService({}, data);
      const clients = [new Client(service.url), new Client(service.url)] as const;
      await expectWhole(clients, list, ids, untouched);
      let left = 1 + random.below(LIFE_MOVES_MAX);
      let killed: Promise<unknown> | undefined;
      const moved = () => {
        if (--left <= 0 || performance.now() > endsAt) killed ??= service.stop("SIGKILL");
      };
      const scene = { client: clients[0], list, movable, untouched, random };
      await Promise.all(Array.from({ length: WRITERS }, () => move(scene, tally, moved)));
      await killed;
    }
    await using service = await startService({}, data);
    const clients = [new Client(service.url), new Client(service.url)] as const;
    await expectWhole(clients, list, ids, untouched);
    for (const id of movable) {
      const etag = (await clients[0].get(`/tasks/${id}?checklist=${list.id}`)).header("etag");
      expect(Number(/^"(\d+)/.exec(etag)?.[1])).toBeGreaterThan(tally.moves.get(id) ?? 0);
    }
    const moves = [...tally.moves.values()].reduce((sum, count) => sum + count, 0);
    note(
      `order on ${STORE_NAME}: ${WRITERS} writers for ${SECONDS} s, ${lives} times kill -9: ${moves} moves, ${tally.refused} refused as out of order, ${tally.unknown} without an answer; no task lost, order of untouched tasks kept`,
    );
  },
  SECONDS * 1_000 + 60_000,
);

async function filledList(data: Data): Promise<{ list: Json; ids: readonly string[] }> {
  await using service = await startService({}, data);
  const client = new Client(service.url);
  const list = await client.checklist("Moved about");
  const ids: string[] = [];
  for (let count = 0; count < TASKS; count++) ids.push((await client.task({}, list)).id);
  expect(await service.stop()).toBe(0);
  return { list, ids };
}

/** While nobody writes, two readers see the same order, of all tasks. */
async function expectWhole(
  clients: readonly [Client, Client],
  list: Json,
  ids: readonly string[],
  untouched: readonly string[],
): Promise<void> {
  const seen = (client: Client) => orderOf(client, here(client, list));
  for (let look = 1; ; look++) {
    const [one, other, again] = [await seen(clients[0]), await seen(clients[1]), await seen(clients[0])];
    if (look < LOOKS_MAX && !Bun.deepEquals(one, again)) continue;
    expect(other).toEqual(one);
    expect([...one].sort()).toEqual([...ids].sort());
    expect(one.filter((id) => untouched.includes(id))).toEqual([...untouched]);
    return;
  }
}

/** Links name the address of the service's first life. */
function here(client: Client, list: Json): Json {
  return { ...list, _links: { tasks: { href: `${client.url}/tasks?checklist=${list.id}` } } };
}

interface Scene {
  readonly client: Client;
  readonly list: Json;
  readonly movable: readonly string[];
  readonly untouched: readonly string[];
  readonly random: Random;
}

/** Reads and moves until the service is gone. */
async function move(
  { client, list, movable, untouched, random }: Scene,
  tally: Tally,
  moved: () => void,
): Promise<void> {
  for (;;) {
    const id = random.pick(movable);
    const rows = await answered(placedIn(client, here(client, list)));
    if (!rows) return;
    const order = inOrder(rows);
    expect(order.filter((seen) => untouched.includes(seen))).toEqual([...untouched]);
    const others = order.filter((seen) => seen !== id);
    const to = random.below(others.length + 1);
    const position = { after: others[to - 1] ?? null, before: others[to] ?? null };
    const reply = await answered(client.patch(`/tasks/${id}?checklist=${list.id}`, { position }));
    if (!reply) {
      tally.unknown++;
      return;
    }
    expect(STORE === "sqlite" ? [200, 409] : [200, 409, 503]).toContain(reply.status);
    if (reply.status === 409) tally.refused++;
    else if (reply.status === 503) tally.unknown++;
    else {
      tally.moves.set(id, (tally.moves.get(id) ?? 0) + 1);
      moved();
    }
  }
}
