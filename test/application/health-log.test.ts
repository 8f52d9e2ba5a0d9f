import { expect, test } from "bun:test";
import { Health } from "../../src/application/health.ts";
import { HealthLog, STILL_DOWN_EVERY_MS } from "../../src/application/health-log.ts";
import type { LogFields } from "../../src/application/ports.ts";

const LOOK_EVERY_MS = 2_000;

/** A service whose store is up or down, checked every 2 s; its log, as `level message`. */
function watched(assumed: "UP" | "DOWN" = "UP") {
  const said: string[] = [];
  const fields: (LogFields | undefined)[] = [];
  const say = (level: string) => (message: string, more?: LogFields) => {
    said.push(`${level} ${message}`);
    fields.push(more);
  };
  const log = { error: say("error"), warn: say("warn"), info: say("info"), debug: say("debug") };
  let now = 1_000_000;
  let well = true;
  const probe = () => {
    if (!well) throw new Error("no quorum");
    return {};
  };
  const health = new Health({ store: probe }, assumed);
  const healthLog = new HealthLog(health, log, { now: () => now });
  const during = async (ms: number, storeIsWell: boolean): Promise<string[]> => {
    well = storeIsWell;
    said.length = 0;
    for (const end = now + ms; now < end; now += LOOK_EVERY_MS) {
      await health.look();
      healthLog.tell();
    }
    return [...said];
  };
  return { during, fields, health };
}

test("an instance that stays ready logs nothing", async () => {
  expect(await watched().during(600_000, true)).toEqual([]);
});

test("one that loses its store logs it with the reason, every half minute, and when it is over", async () => {
  const { during, fields } = watched();
  await during(10_000, true);
  expect(await during(STILL_DOWN_EVERY_MS * 3, false)).toEqual([
    "warn not ready",
    "warn not ready",
    "warn not ready",
  ]);
  expect(fields[0]).toEqual({ status: "DOWN", reasons: { store: "no quorum" } });
  expect(await during(10_000, true)).toEqual(["info ready again"]);
  expect(await during(STILL_DOWN_EVERY_MS, false)).toEqual(["warn not ready"]);
});

test("one that starts without its store has half a minute before it logs", async () => {
  const quick = watched("DOWN");
  expect(await quick.during(STILL_DOWN_EVERY_MS - LOOK_EVERY_MS, false)).toEqual([]);
  expect(await quick.during(600_000, true)).toEqual([]);
  const slow = watched("DOWN");
  expect(await slow.during(STILL_DOWN_EVERY_MS + LOOK_EVERY_MS, false)).toEqual(["warn not ready"]);
});

test("draining does not count as not ready", async () => {
  const { during, health } = watched();
  await during(10_000, true);
  health.drain();
  expect(await during(600_000, true)).toEqual([]);
});
