import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { type Data, type Service, startService } from "../support/service.ts";
import { Player } from "../support/session/player.ts";

const SEED = Number(process.env.TODOS_TEST_SEED ?? 20_261_129);
const REQUESTS = 500;
const DEADLINE_MS = 120_000;

const folder = mkdtempSync(join(tmpdir(), "todos-session-"));
let services: readonly [sqlite: Service, cassandra: Service];

beforeAll(async () => {
  const { environment } = await sharedCassandra();
  const keyspace = { ...environment, CASSANDRA_KEYSPACE: `session_${Date.now()}` };
  services = await Promise.all([
    startService({}, data({ TODOS_SQLITE_PATH: join(folder, "todos.db") })),
    startService({}, data(keyspace)),
  ]);
}, CASSANDRA_START_DEADLINE_MS);

afterAll(async () => {
  await Promise.all((services ?? []).map((service) => service.stop()));
  rmSync(folder, { recursive: true, force: true });
});

function data(settings: Data["settings"]): Data {
  return { folder, settings, [Symbol.dispose]: () => {} };
}

describe("one session of mixed requests", () => {
  test(
    "gets the same answers from SQLite and from Cassandra, ids and times aside",
    async () => {
      const players = services.map(({ url }) => new Player(url, SEED));
      const starts = await Promise.all(players.map((player) => player.start()));
      expect(starts[1]).toEqual(starts[0]);
      let answers = 0;
      for (let request = 0; request < REQUESTS; request++) {
        const [sqlite, cassandra] = await Promise.all(players.map((player) => player.step()));
        expect({ seed: SEED, request, answers: cassandra }).toEqual({ seed: SEED, request, answers: sqlite });
        answers += sqlite?.length ?? 0;
      }
      expect(answers).toBeGreaterThan(REQUESTS);
      console.log(`note: ${REQUESTS} mixed requests: ${answers} equal answers from SQLite and Cassandra`);
    },
    DEADLINE_MS,
  );
});
