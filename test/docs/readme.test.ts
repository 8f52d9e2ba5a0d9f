import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { withTables } from "../../scripts/docs/tables.ts";
import { unusedKeyspace } from "../adapters/cassandra/migration-support.ts";
import { builtBinary, finished, ROOT } from "../support/binary.ts";
import { freePorts } from "../support/cassandra/ports.ts";
import { CASSANDRA_START_DEADLINE_MS, sharedCassandra } from "../support/cassandra/shared.ts";
import { scratchData, startService } from "../support/service.ts";
import { normalised, sessionUnder, withReplaced } from "./session.ts";

const SESSION_DEADLINE_MS = 120_000;
/** The service's address in the README. */
const SHOWN_ADDRESS = "127.0.0.1:8181";

const readme = await Bun.file(join(ROOT, "README.md")).text();
const lacking = ["bash", "curl", "jq"].filter((program) => Bun.which(program) === null);
const withPrograms = lacking.length === 0 || process.env.CI === "true" ? test : test.skip;
const lack = lacking.length === 0 ? "" : ` (no ${lacking.join(", no ")})`;

describe("the README", () => {
  withPrograms(
    `its first session, typed as it stands, prints what it shows${lack}`,
    async () => {
      await using service = await startService();
      const session = sessionUnder("A first session", readme);
      const { host } = new URL(service.url);
      const script = session.script.replaceAll(SHOWN_ADDRESS, host);
      const { stdout, stderr } = await finished(["bash", "-c", script]);
      expect(stderr).toBe("");
      const printed = stdout.replaceAll(host, SHOWN_ADDRESS);
      expect(normalised(printed)).toBe(normalised(session.output));
    },
    SESSION_DEADLINE_MS,
  );

  withPrograms(
    `its session with two instances on a Cassandra, typed as it stands, prints what it shows${lack}`,
    async () => {
      const cluster = await sharedCassandra();
      using data = scratchData();
      const [one = 0, two = 0] = await freePorts(["127.0.0.1"], 2);
      const actual: ReadonlyMap<string, string> = new Map([
        ["dist/todos", await builtBinary()],
        ["9042", String(cluster.port)],
        ["8181", String(one)],
        ["8182", String(two)],
      ]);
      const shown = new Map(Array.from(actual, ([shownAs, is]) => [is, shownAs]));
      const session = sessionUnder("When one machine is not enough", readme);
      const keyspace = unusedKeyspace();
      const { stdout, stderr } = await finished(["bash", "-c", withReplaced(session.script, actual)], {
        cwd: data.folder,
        environment: { CASSANDRA_KEYSPACE: keyspace },
      });
      expect(stderr).toBe("");
      expect(normalised(withReplaced(stdout, shown))).toBe(normalised(session.output));
    },
    CASSANDRA_START_DEADLINE_MS + SESSION_DEADLINE_MS,
  );

  test("its tables match the code (npm run docs)", () => {
    expect(readme).toBe(withTables(readme));
  });

  test("every npm script that it or CONTRIBUTING names exists", async () => {
    const { scripts } = await Bun.file(join(ROOT, "package.json")).json();
    const contributing = await Bun.file(join(ROOT, "CONTRIBUTING.md")).text();
    const named = [...`${readme}${contributing}`.matchAll(/\bnpm (?:run )?([a-z:]+)/g)].map(
      ([, name = ""]) => name,
    );
    const own = [...new Set(named)].filter((name) => name !== "ci" && name !== "run");
    expect(own.length).toBeGreaterThan(5);
    expect(own.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe("a session in Markdown", () => {
  const markdown =
    "## Other\n```console\n$ no\n```\n## Here\n```console\n$ a \\\n> b\nout\n\n$ c\n```\n## There\n";

  test("input and output are told apart", () => {
    expect(sessionUnder("Here", markdown)).toEqual({ script: "a \\\nb\nc\n", output: "out\n\n" });
  });

  test("a heading without a session is an error", () => {
    expect(() => sessionUnder("There", markdown)).toThrow("0 sessions");
  });

  test("words are replaced as wholes, in one pass", () => {
    const words = new Map([
      ["81", "82"],
      ["82", "83"],
      ["a/b", "/c/d"],
    ]);
    expect(withReplaced("81 :82/ 181 818 a/b xa/b", words)).toBe("82 :83/ 181 818 /c/d xa/b");
  });

  test("ids are numbered in order and times are ignored; nothing else is hidden", () => {
    const id = (digit: string) => `${digit.repeat(8)}-1111-7111-8111-111111111111`;
    const text = `${id("a")} ${id("b")} ${id("a")} at 2026-01-02T03:04:05.678Z, 201 "1.e.v"`;
    expect(normalised(text)).toBe('ID-1 ID-2 ID-1 at TIME, 201 "1.e.v"');
  });
});
