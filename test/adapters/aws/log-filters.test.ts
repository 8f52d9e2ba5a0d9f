import { describe, expect, test } from "bun:test";
import { templateOf } from "../../../scripts/checks/templates/parse.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { createLoggers } from "../../../src/adapters/telemetry/loggers.ts";
import { Health } from "../../../src/application/health.ts";
import { HEALTH_LOGGER, HealthLog } from "../../../src/application/health-log.ts";
import { filterMatches } from "../../support/aws/filter-pattern.ts";
import { freePorts } from "../../support/cassandra/ports.ts";
import { startService } from "../../support/service.ts";

const SERVICE_DEADLINE_MS = 120_000;

const { resources } = templateOf(TEMPLATES.ecs);
function patternOf(id: string): string {
  return String(resources.find((resource) => resource.id === id)?.properties.FilterPattern);
}
const serverErrors = patternOf("ServerErrorFilter");
const notReady = patternOf("NotReadyFilter");

describe("what the alarms count, in lines that the service has logged", () => {
  test(
    "server errors are answers of 500 and above, but not those to a health check",
    async () => {
      const [nobodyListens = 0] = await freePorts(["127.0.0.1"], 1);
      const noStore = { CASSANDRA_ENDPOINTS: "127.0.0.1", CASSANDRA_PORT: String(nobodyListens) };
      await using service = await startService(
        { ...noStore, TODOS_ACCESS_LOG: "true" },
        undefined,
        "listening",
      );
      const asked = ["/checklists", "/actuator/health/startup", "/no-such-thing"];
      const statuses = await Promise.all(asked.map(async (path) => (await fetch(service.url + path)).status));
      expect(statuses).toEqual([503, 503, 404]);
      // The last line comes after those of earlier answers.
      await fetch(`${service.url}/actuator/info`);
      await service.logged(({ route }) => route === "/actuator/info");
      const counted = service.log().filter((line) => filterMatches(serverErrors, JSON.stringify(line)));
      expect(counted.map(({ route, status }) => ({ route, status }))).toEqual([
        { route: "/checklists", status: 503 },
      ]);
      expect(service.log().filter(({ status }) => status === 503)).toHaveLength(2);
    },
    SERVICE_DEADLINE_MS,
  );

  test("a task is not ready while its store is gone, and is not counted once it is back", async () => {
    const lines: string[] = [];
    let now = 0;
    const clock = { now: () => now };
    const loggers = createLoggers({
      format: "json",
      level: "INFO",
      clock,
      write: (line) => lines.push(line),
    });
    let gone = false;
    const probe = () => {
      if (gone) throw new Error("no answer");
      return {};
    };
    const health = new Health({ store: probe }, "UP");
    const healthLog = new HealthLog(health, loggers.get(HEALTH_LOGGER), clock);
    for (const storeIsGone of [false, true, true, true, false, false]) {
      gone = storeIsGone;
      await health.look();
      healthLog.tell();
      now += 2_000;
    }
    expect(lines.map((line) => JSON.parse(line).message)).toEqual(["not ready", "ready again"]);
    expect(lines.map((line) => filterMatches(notReady, line))).toEqual([true, false]);
    expect(lines.map((line) => filterMatches(serverErrors, line))).toEqual([false, false]);
  });
});

describe("a pattern for JSON", () => {
  const line = '{"a":"/x/y","b":503,"c":{"d":"e"}}';
  const cases: readonly (readonly [string, boolean])[] = [
    ['{ ($.a = "/x/y") }', true],
    ['{ ($.a = "/x*") && ($.b >= 503) }', true],
    ['{ ($.a = "/x") || ($.b > 503) }', false],
    ['{ ($.a != "/x*") }', false],
    ['{ ($.c.d != "f") }', true],
    ['{ ($.z != "f") }', false],
    ["{ ($.a >= 1) }", false],
  ];
  test.each(cases)("%s → %p", (pattern, matches) => {
    expect(filterMatches(pattern, line)).toBe(matches);
  });

  test.each(["ERROR", "{ $.a = 5 }", '{ ($.a > "x") }'])("%s is not understood", (pattern) => {
    expect(() => filterMatches(pattern, line)).toThrow(SyntaxError);
  });
});
