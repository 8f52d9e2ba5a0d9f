import { expect, test } from "bun:test";
import { type Client, errors } from "cassandra-driver";
import { rulesOf } from "../../../src/adapters/cassandra/flavour.ts";
import { Session } from "../../../src/adapters/cassandra/session.ts";

/** More often than anyone may ask within the time. */
const ASKED_MAX = 1_000;
const AWAY_MS = 50;

test("a writer that retries a transaction while all connections are broken lets new ones come", async () => {
  let [asked, isBack] = [0, false];
  setTimeout(() => {
    isBack = true;
  }, AWAY_MS);
  const broken = Object.assign(new Error("The connection was reset."), { code: "ECONNRESET" });
  const execute = async () => {
    if (++asked > ASKED_MAX) throw new TypeError("nobody else had a turn");
    if (!isBack) throw new errors.NoHostAvailableError({ "127.0.0.1:9042": broken }, "no node");
    return { first: () => ({ "[applied]": true }) };
  };
  const session = new Session({ execute } as unknown as Client, () => undefined, rulesOf());
  let answer: unknown;
  while (answer === undefined) answer = await session.attempt("UPDATE t SET v = 1 WHERE k = 1 IF v = 0", []);
  expect(answer).toMatchObject({ "[applied]": true });
});
