import { expect, test } from "bun:test";
import { answered, Client, patiently } from "../../support/client.ts";
import { type Random, seededRandom } from "../../support/random.ts";
import {
  type Data,
  type Service,
  STORE,
  STORE_NAME,
  scratchData,
  startService,
} from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { Ledger } from "../moving/ledger.ts";
import { addressed, DUE, type Sighting, sighting, trashed, WAYS } from "../moving/readers.ts";
import { unfinishedMoves } from "../moving/unfinished.ts";

const ROUNDS = FULL_SIZE ? 40 : STORE === "sqlite" ? 3 : 2;
const ROUND_DEADLINE_MS = 90_000;
const TASKS = 16;
const LISTS = 4;
const WRITERS = 8;
const READERS = 2;
const MOVES_BEFORE_KILL_MAX = 60;
/** Writes of each writer of the instance that goes on. */
const WRITES_AFTER_KILL = 3;
const DELETED_SHARE = 0.04;
/** So that tasks are left to move. */
const DELETED_MAX = 4;
const EDITED_SHARE = 0.25;
/** Checks begun again because a late statement of the killed instance changed something meanwhile. */
const CHECKS_MAX = 20;
const SEED = 20_261_129;

interface Round {
  readonly ledger: Ledger;
  readonly lists: readonly string[];
  readonly random: Random;
  /** Whether what is deleted can be brought back. */
  readonly hasTrash: boolean;
}

const tally = { moves: 0, edits: 0, sightings: 0, deleted: 0, unmarked: 0, unconfirmed: 0, rows: 0 };

test(
  `kill -9 while tasks are moved, edited, deleted and read, ${ROUNDS} rounds: each is in exactly one list to every reader`,
  async () => {
    using data = scratchData();
    const random = seededRandom(SEED);
    for (let round = 0; round < ROUNDS; round++) {
      const hasTrash = round % 2 === 0;
      const settings = { TODOS_TRASH_DAYS: hasTrash ? "30" : "0" };
      await using victim = await startService(settings, data);
      // SQLite's file has one process at a time.
      await using survivor = STORE === "sqlite" ? undefined : await startService(settings, data);
      const client = new Client(victim.url);
      const lists = await Promise.all(
        Array.from({ length: LISTS }, async () => (await client.checklist()).id),
      );
      const made: Round = { ledger: new Ledger(`w${round}w`), lists, random, hasTrash };
      for (let n = 0; n < TASKS; n++) await createTask(client, made, n);
      await killedWhileMoving(victim, survivor, made);
      const left = await unfinishedMoves(data, lists);
      tally.unmarked += left.unmarked;
      tally.unconfirmed += left.unconfirmed;
      await using next = await startService(settings, data);
      const clients = [next, survivor].flatMap((service) => (service ? [new Client(service.url)] : []));
      await checked(clients, made, data);
    }
    const { moves, edits, deleted, sightings, rows, unmarked, unconfirmed } = tally;
    expect(moves).toBeGreaterThan(ROUNDS);
    note(
      `kill -9 while tasks move, on ${STORE_NAME}: ${ROUNDS} rounds of ${TASKS} tasks, ${moves} moves and ${edits} edits answered, ${deleted} tasks deleted, ${sightings} rows read meanwhile, none in two lists; ${unmarked} moves stopped before their mark and ${unconfirmed} after it; then ${rows} tasks each in exactly one list by every way, none lost`,
    );
  },
  ROUNDS * ROUND_DEADLINE_MS,
);

async function createTask(client: Client, { ledger, lists }: Round, n: number): Promise<void> {
  const list = lists[n % LISTS] ?? "";
  const reply = await client.post(`/tasks?checklist=${list}`, { todo: ledger.newText(), ...DUE });
  expect(reply.status).toBe(201);
  ledger.created(reply.json(), list);
}

/** Ends one instance by force once so many moves have been answered, with others under way. */
async function killedWhileMoving(
  victim: Service,
  survivor: Service | undefined,
  round: Round,
): Promise<void> {
  const { ledger, lists, random, hasTrash } = round;
  const killAt = 1 + random.below(MOVES_BEFORE_KILL_MAX);
  const listGoesAt = Math.ceil(killAt / 2);
  let killed: Promise<unknown> | undefined;
  let listGoes: Promise<unknown> | undefined;
  const clients = [victim, survivor].flatMap((service) => (service ? [new Client(service.url)] : []));
  const writer = async (client: Client) => {
    for (let left = WRITES_AFTER_KILL; left > 0; ) {
      if (!(await write(client, round))) return;
      if (killed) left--;
      if (hasTrash && ledger.moves >= listGoesAt)
        listGoes ??= answered(client.delete(`/checklists/${lists[0]}`));
      if (ledger.moves >= killAt)
        killed ??= (listGoes ?? Promise.resolve()).then(() => victim.stop("SIGKILL"));
    }
  };
  const reader = async (client: Client) => {
    const ways = Object.values(WAYS);
    while (!killed) {
      const seen = await answered(random.pick(ways)(client, lists, ledger.word));
      for (const { list, ...row } of (seen ?? []).map(sighting)) ledger.saw(row, list);
    }
  };
  const each = (count: number, work: (client: Client) => Promise<void>) =>
    Array.from({ length: count }, (_, n) => work(clients[n % clients.length] as Client));
  await Promise.all([...each(WRITERS, writer), ...each(READERS, reader)]);
  await Promise.all([killed, listGoes]);
}

/** One write of one task, from where it was last known to be. @returns false if the instance is gone */
async function write(client: Client, { ledger, lists, random }: Round): Promise<boolean> {
  const id = random.pick(ledger.ids);
  const promised = ledger.of(id);
  const { list } = promised;
  const where = `/tasks/${id}?checklist=${list}`;
  const chance = random.next();
  if (chance < DELETED_SHARE && ledger.deletions < DELETED_MAX) {
    ledger.deletions++;
    promised.doubtfulDeletions++;
    const reply = await answered(client.delete(where));
    if (reply && reply.status !== 503) promised.doubtfulDeletions--;
    if (reply?.status === 204) promised.isDeleted = true;
    return reply !== undefined;
  }
  const todo = ledger.newText();
  const to = chance < EDITED_SHARE ? list : random.pick(lists.filter((each) => each !== list));
  const reply = await answered(client.patch(where, to === list ? { todo } : { todo, checklist: to }));
  if (!reply || reply.status === 503) {
    promised.doubtful.add(todo);
    return reply !== undefined;
  }
  expect([200, 404]).toContain(reply.status);
  if (reply.status === 404) return true;
  ledger.answered(id, versionOf(reply.header("etag")), todo, to);
  if (to === list) ledger.edits++;
  else ledger.moves++;
  return true;
}

/** What every reader must find after the kill, and again when all tasks have moved once more. */
async function checked(clients: readonly Client[], round: Round, data: Data): Promise<void> {
  const { ledger, lists } = round;
  await bringBackLists(clients, round);
  const [first] = clients;
  if (!first) throw new Error("nobody reads");
  const places = await samePlaces(clients, round);
  const inTrash = Map.groupBy(await trashed(first, lists), ({ id }) => id);
  for (const id of ledger.ids) {
    const { isDeleted, doubtfulDeletions } = ledger.of(id);
    const [live, deleted] = [places.has(id) ? 1 : 0, inTrash.get(id)?.length ?? 0];
    if (isDeleted) expect({ id, live, deleted }).toEqual({ id, live: 0, deleted: round.hasTrash ? 1 : 0 });
    else if (doubtfulDeletions === 0) expect({ id, live, deleted }).toEqual({ id, live: 1, deleted: 0 });
    else if (round.hasTrash) expect({ id, count: live + deleted }).toEqual({ id, count: 1 });
    if (isDeleted) tally.deleted++;
  }
  tally.moves += ledger.moves;
  tally.edits += ledger.edits;
  tally.sightings += ledger.sightings;
  tally.rows += places.size;
  await finished(data, lists);
  await moveAllOnce(clients, round, places);
}

/** A list that was deleted in the middle takes its tasks along, and brings them back. */
async function bringBackLists([client]: readonly Client[], { lists }: Round): Promise<void> {
  for (const list of lists) {
    const { status } = await patiently(() => (client as Client).get(`/checklists/${list}`));
    if (status === 200) continue;
    const restored = () => (client as Client).ask("POST", `/trash/checklists/${list}/restore`);
    expect((await patiently(restored)).status).toBe(200);
  }
}

/** Where each task is, by its addresses through either instance; every other way must say the same, through both. */
async function samePlaces(clients: readonly Client[], round: Round): Promise<ReadonlyMap<string, Sighting>> {
  const { ledger, lists } = round;
  for (let check = 0; check < CHECKS_MAX; check++) {
    const before = await addresses(clients[0] as Client, round);
    const found = await Promise.all(
      clients.flatMap((client) =>
        Object.entries(WAYS).map(async ([way, read]) => {
          const rows = await read(client, lists, ledger.word);
          return [way, rows.filter(({ id }) => ledger.ids.includes(id)).map(sighting)] as const;
        }),
      ),
    );
    const after = await addresses(clients.at(-1) as Client, round);
    if (!Bun.deepEquals(before, after)) continue;
    const expected = [...before.values()].sort(byId);
    for (const [way, rows] of found) expect([way, [...rows].sort(byId)]).toEqual([way, expected]);
    return before;
  }
  throw new Error("rows still change");
}

async function addresses(client: Client, { ledger, lists }: Round): Promise<ReadonlyMap<string, Sighting>> {
  const places = new Map<string, Sighting>();
  for (const id of ledger.ids) {
    const replies = await addressed(client, lists, id);
    expect({ id, lists: replies.length < 2 }).toEqual({ id, lists: true });
    const [reply] = replies;
    if (!reply) continue;
    const row = sighting(reply.json());
    ledger.saw(row, row.list);
    ledger.expectKept(id, versionOf(reply.header("etag")), row.todo);
    places.set(id, row);
  }
  return places;
}

/** The readers above have met every move that stopped after its mark, and finish it. */
async function finished(data: Data, lists: readonly string[]): Promise<void> {
  while ((await unfinishedMoves(data, lists)).unconfirmed > 0) await Bun.sleep(100);
}

/** Whatever stopped on the way, and wherever it left copies, hinders no later move. */
async function moveAllOnce(
  clients: readonly Client[],
  round: Round,
  places: ReadonlyMap<string, Sighting>,
): Promise<void> {
  const { ledger, lists } = round;
  await Promise.all(
    [...places.values()].map(async ({ id, list }, n) => {
      const client = clients[n % clients.length] as Client;
      const to = lists[(lists.indexOf(list) + 1) % LISTS] as string;
      const todo = ledger.newText();
      ledger.of(id).doubtful.add(todo);
      const statuses: number[] = [];
      const move = async () => {
        const reply = await client.patch(`/tasks/${id}?checklist=${list}`, { todo, checklist: to });
        statuses.push(reply.status);
        return reply;
      };
      const reply = await patiently(move);
      // After an answer that says nothing, the move may have been made.
      expect(statuses.length > 1 ? [200, 404] : [200]).toContain(reply.status);
    }),
  );
  const moved = await samePlaces(clients, round);
  expect([...moved.keys()]).toEqual([...places.keys()]);
  for (const { id, list, todo } of moved.values()) {
    const before = places.get(id);
    expect(lists.indexOf(list)).toBe((lists.indexOf(before?.list ?? "") + 1) % LISTS);
    expect(todo).not.toBe(before?.todo as string);
  }
}

function versionOf(etag: string): number {
  return Number(/^"(\d+)/.exec(etag)?.[1]);
}

function byId(one: Sighting, other: Sighting): number {
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}
