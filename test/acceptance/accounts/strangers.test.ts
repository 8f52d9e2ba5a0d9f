import { expect, test } from "bun:test";
import { startService } from "../../support/service.ts";

const WARNING = /anyone who reaches this address may do everything/;

test("without accounts, a warning says so where others can reach the address, and only there", async () => {
  await using reachable = await startService({ TODOS_HOST: "0.0.0.0" });
  const said = await reachable.logged(({ message }) => WARNING.test(String(message)));
  expect(said).toMatchObject({ level: "WARN", address: "0.0.0.0" });
  await using loopback = await startService({ TODOS_HOST: "localhost" });
  expect(loopback.log().filter(({ message }) => WARNING.test(String(message)))).toEqual([]);
});
