import { describe, expect, test } from "bun:test";
import { HEALTH_GROUPS, Health, type HealthStatus, PROBES_TO_TURN } from "../../src/application/health.ts";
import { seededRandom } from "../support/random.ts";

/** A component whose status the test sets. */
class Patient {
  well = true;
  looks = 0;
  readonly probe = () => {
    this.looks++;
    if (!this.well) throw new Error("the disk is gone");
    return { looks: this.looks };
  };
}

function clinic(assumed: HealthStatus = "UP", essential?: readonly string[]) {
  const [store, disk] = [new Patient(), new Patient()];
  const health = new Health({ store: store.probe, disk: disk.probe }, assumed, essential);
  const look = async (storeWell: boolean, diskWell = true) => {
    store.well = storeWell;
    disk.well = diskWell;
    await health.look();
  };
  const statuses = () => HEALTH_GROUPS.map((group) => health.group(group));
  return { health, look, statuses, store };
}

/** A component whose first probe is answered when the test says so, and every later one at once. */
function hanging(first: Promise<unknown>) {
  let looks = 0;
  return new Health({ store: () => (looks++ === 0 ? first.then(() => ({})) : {}) }, "UP");
}

describe("a component", () => {
  test("has the assumed status until the first check, and says that it was not checked", () => {
    for (const assumed of ["UP", "DOWN"] as const) {
      const { health } = clinic(assumed);
      expect(health.component("store")).toEqual({
        status: assumed,
        details: { reason: "not checked yet" },
      });
      expect(health.overall()).toBe(assumed);
    }
  });

  test("has the result of the very first check, at once", async () => {
    for (const [assumed, well, found] of [
      ["UP", false, "DOWN"],
      ["DOWN", true, "UP"],
      ["UP", true, "UP"],
      ["DOWN", false, "DOWN"],
    ] as const) {
      const { health, look } = clinic(assumed);
      await look(well);
      expect(health.component("store")?.status).toBe(found);
    }
  });

  test("goes down with the second failed check in a row, and comes up with the second good one", async () => {
    const { health, look } = clinic();
    const seen: (HealthStatus | undefined)[] = [];
    for (const well of [true, false, true, false, true, false, false, true, false, true, true, false]) {
      await look(well);
      seen.push(health.component("store")?.status);
    }
    expect(seen.join(" ")).toBe("UP UP UP UP UP UP DOWN DOWN DOWN DOWN UP UP");
    expect(PROBES_TO_TURN).toBe(2);
  });

  test("changes only after that many checks in a row agree, whatever the sequence", async () => {
    const random = seededRandom(5);
    const { health, look } = clinic();
    await look(true);
    let status: HealthStatus = "UP";
    let last: HealthStatus = "UP";
    for (let looks = 0; looks < 2_000; looks++) {
      const well = random.below(2) === 1;
      const seen: HealthStatus = well ? "UP" : "DOWN";
      if (seen === last) status = seen;
      last = seen;
      await look(well);
      expect(health.component("store")?.status).toBe(status);
    }
  });

  test("shows what its last probe reported while it stays the same, and why it is down", async () => {
    const { health, look } = clinic();
    await look(true);
    await look(true);
    expect(health.component("store")).toEqual({ status: "UP", details: { looks: 2 } });
    await look(false);
    expect(health.component("store")).toEqual({ status: "UP", details: { looks: 2 } });
    await look(false);
    expect(health.component("store")).toEqual({ status: "DOWN", details: { reason: "the disk is gone" } });
  });

  test("is also down if its probe rejects or throws a non-error", async () => {
    for (const probe of [() => Promise.reject(new Error("no")), () => Promise.reject("no")]) {
      const health = new Health({ store: probe }, "UP");
      await health.look();
      expect(health.component("store")).toEqual({ status: "DOWN", details: { reason: "no" } });
    }
  });

  test("that does not answer is down after two more checks, is probed once meanwhile, and recovers", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const health = hanging(promise);
    const first = health.look();
    await health.look();
    expect(health.component("store")?.status).toBe("UP");
    await health.look();
    expect(health.component("store")).toEqual({
      status: "DOWN",
      details: { reason: "no answer since the last check" },
    });
    resolve();
    await first;
    await health.look();
    expect(health.component("store")?.status).toBe("UP");
  });

  test("that hangs does not delay checks of the others", async () => {
    const { promise, resolve: answer } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    const store = new Patient();
    const health = new Health({ disk: () => promise, store: store.probe }, "DOWN");
    const first = health.look();
    await new Promise((resolve) => setImmediate(resolve));
    await health.look();
    expect(store.looks).toBe(2);
    expect(health.group("startup")).toBe("UP");
    answer({});
    await first;
  });

  test("is known by its name only", () => {
    const { health } = clinic();
    expect(health.componentNames()).toEqual(["store", "disk"]);
    expect(health.component("nothing")).toBeUndefined();
  });
});

describe("the groups", () => {
  const up: HealthStatus = "UP";

  test("are up before the first check if that is assumed", () => {
    expect(clinic("UP").statuses()).toEqual([up, up, up]);
  });

  test("are all up while all is well", async () => {
    const { health, look, statuses } = clinic();
    await look(true);
    expect([health.overall(), ...statuses()]).toEqual([up, up, up, up]);
  });

  test("without the store: readiness is down, liveness is not, startup stays up once it was up", async () => {
    const { health, look, statuses } = clinic();
    await look(true);
    await look(false);
    await look(false);
    expect([health.overall(), ...statuses()]).toEqual(["DOWN", "UP", "DOWN", "UP"]);
  });

  test("without a non-essential part: the whole is down and readiness is not", async () => {
    const { health, look, statuses } = clinic();
    await look(true, false);
    expect([health.overall(), ...statuses()]).toEqual(["DOWN", "UP", "UP", "UP"]);
  });

  test("depend on what is named essential", async () => {
    const { health, look } = clinic("UP", ["disk"]);
    await look(false, true);
    expect(health.group("readiness")).toBe("UP");
    await look(true, false);
    await look(true, false);
    expect(health.group("readiness")).toBe("DOWN");
  });

  test("start down if nothing good is assumed, and startup is up from the first readiness on", async () => {
    const { look, statuses } = clinic("DOWN");
    expect(statuses()).toEqual(["UP", "DOWN", "DOWN"]);
    await look(false);
    expect(statuses()).toEqual(["UP", "DOWN", "DOWN"]);
    await look(true);
    await look(true);
    expect(statuses()).toEqual(["UP", "UP", "UP"]);
    await look(false);
    await look(false);
    expect(statuses()).toEqual(["UP", "DOWN", "UP"]);
  });

  test("while draining: readiness and the whole are out of service, the rest is not", async () => {
    const { health, look, statuses } = clinic();
    await look(true);
    health.drain();
    expect([health.overall(), ...statuses()]).toEqual(["OUT_OF_SERVICE", "UP", "OUT_OF_SERVICE", "UP"]);
    await look(false);
    await look(false);
    expect([health.overall(), ...statuses()]).toEqual(["DOWN", "UP", "DOWN", "UP"]);
  });

  test("draining before it was ever ready does not count as a start", async () => {
    const { health, look } = clinic("DOWN");
    health.drain();
    await look(true);
    expect(health.group("startup")).toBe("DOWN");
  });
});
