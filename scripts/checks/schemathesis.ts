import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { firstAdmin, startWithAccounts, tokenOf } from "../../test/acceptance/accounts/support.ts";
import { sharedCassandra } from "../../test/support/cassandra/shared.ts";
import { type Data, type Service, startService } from "../../test/support/service.ts";
import { together } from "./bun-tests.ts";
import { processorSecondsOf, ran } from "./command.ts";
import { pythonLack, pythonTool } from "./python.ts";
import { FAILED, type Outcome, PASSED, type Step, type StepContext } from "./step.ts";

/** Cases per operation and phase: half a minute, or a few minutes; a cluster's answers take longer. */
const EXAMPLES = {
  sqlite: { ci: 20, nightly: 400 },
  cassandra: { ci: 12, nightly: 200 },
  // Three times as many operations.
  accounts: { ci: 6, nightly: 100 },
};
/** The same cases every time, so that everyone can reproduce a failure in CI. */
const SEED = 20_261_121;
/** A Python module next to {@link CONFIG}. */
const HOOKS = "schemathesis_hooks";
const CONFIG = "test/schemathesis.toml";
const PHASES = ["examples", "coverage", "fuzzing", "stateful"];
/**
 * Broken and borderline members and parameters, one after another. What becomes of them does not depend on the store, so it
 * runs once, and everywhere at full size.
 */
const COVERAGE = "coverage";

/** Requests made from the OpenAPI document, valid and broken, alone and one after another, find no fault. */
export const schemathesis: Step = {
  name: "schemathesis",
  required: true,
  needs: pythonLack,
  async run(context): Promise<Outcome> {
    const here = await explored(context, { TODOS_ACTUATOR_WRITES: "true" });
    if (!context.nightly) return here;
    // With the actuator on a port of its own, a document has fewer operations, and none that the other has not.
    return together([here, await explored(context, { TODOS_MANAGEMENT_PORT: "0" })]);
  },
};

/** The same with the rows on a real Cassandra: the node of the API tests, which ends with this step. */
export const schemathesisOnCassandra: Step = {
  ...schemathesis,
  name: "schemathesis on Cassandra",
  lane: "clusters",
  run: exploredOnCassandra,
};

async function exploredOnCassandra(context: StepContext): Promise<Outcome> {
  await using cluster = await sharedCassandra();
  const before = processorSecondsOf(cluster.node.pid);
  const settings = { ...cluster.environment, CASSANDRA_KEYSPACE: "schemathesis" };
  const folder = await mkdtemp(join(tmpdir(), "todos-schemathesis-"));
  const data = { folder, settings, [Symbol.dispose]: () => undefined };
  try {
    const outcome = await explored(withoutCoverage(context), {}, data);
    context.onProcessorTime?.(processorSecondsOf(cluster.node.pid) - before);
    return outcome;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What only a session may do, which a token can't. */
const OF_SESSIONS = "^/(me|passkeys|tokens)";

/** The same with accounts, by an admin's token; and by an admin's session what takes one. */
export const schemathesisWithAccounts: Step = {
  ...schemathesis,
  name: "schemathesis with accounts",
  async run(context): Promise<Outcome> {
    await using service = await startWithAccounts({ TODOS_ACTUATOR_WRITES: "true" });
    const admin = await firstAdmin(service);
    const headers = { Authorization: `Bearer ${await tokenOf(admin, ["read", "write", "admin"])}` };
    const byToken = { ...withoutCoverage(context), headers };
    const all = await exploredService(byToken, service, EXAMPLES.accounts);
    const session = { Cookie: admin.cookie, "Sec-Fetch-Site": "same-origin" };
    const bySession = { ...context, headers: session, paths: OF_SESSIONS };
    const own = await exploredService(bySession, service, EXAMPLES.accounts);
    return together([judged(all), judged(own, [])]);
  },
};

interface Exploration extends StepContext {
  readonly withoutCoverage?: boolean;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Which ones, as a regular expression; by default all. */
  readonly paths?: string;
}

function withoutCoverage(context: StepContext): Exploration {
  return { ...context, withoutCoverage: !context.nightly };
}

async function explored(
  context: Exploration,
  settings: Readonly<Record<string, string>>,
  data?: Data,
): Promise<Outcome> {
  await using service = await startService(settings, data);
  return judged(await exploredService(context, service, data ? EXAMPLES.cassandra : EXAMPLES.sqlite));
}

async function exploredService(context: Exploration, service: Service, examples: Examples): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), "todos-schemathesis-"));
  try {
    const argv = await commandLine(context, service.url, examples);
    const hooks = { SCHEMATHESIS_HOOKS: HOOKS, PYTHONPATH: join(context.root, "test") };
    const { exitCode, output } = await ran(context, argv, hooks, folder);
    const { headers = {} } = context;
    const url = `${service.managementUrl ?? service.url}/actuator/prometheus`;
    const metrics = await (await fetch(url, { headers })).text();
    return { exitCode, output, successes: successesIn(metrics) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Examples {
  readonly ci: number;
  readonly nightly: number;
}

async function commandLine(context: Exploration, url: string, examples: Examples): Promise<string[]> {
  const phases = PHASES.filter((phase) => phase !== COVERAGE || !context.withoutCoverage);
  const seed = context.nightly ? Math.floor(Math.random() * 2 ** 31) : SEED;
  return [
    ...[await pythonTool(context, "schemathesis"), `--config-file=${join(context.root, CONFIG)}`],
    ...["run", `${url}/openapi.json`],
    ...["--checks=all", `--phases=${phases.join()}`, "--continue-on-failure", "--no-color"],
    ...[`--seed=${seed}`, `--max-examples=${context.nightly ? examples.nightly : examples.ci}`],
    ...Object.entries(context.headers ?? {}).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    ...(context.paths === undefined ? [] : [`--include-path-regex=${context.paths}`]),
  ];
}

/** Answers of 2xx, by method and route: `DELETE /tasks/{id}`. */
export type Successes = ReadonlyMap<string, number>;

/** @param prometheus the service's own metrics in Prometheus' text format */
export function successesIn(prometheus: string): Successes {
  const counts = new Map<string, number>();
  for (const [, labels = "", count] of prometheus.matchAll(
    /^http_server_request_duration_seconds_count\{(.*)\} (\d+)/gm,
  )) {
    const label = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
    if (!label("http_response_status_code").startsWith("2")) continue;
    const operation = `${label("http_request_method")} ${label("http_route")}`;
    counts.set(operation, (counts.get(operation) ?? 0) + Number(count));
  }
  return counts;
}

/**
 * Operations that can succeed only on a row that an earlier request created: proof that links were followed.
 */
const FOLLOWED = ["/checklists/{id}", "/tasks/{id}"].flatMap((path) =>
  ["GET", "PUT", "PATCH", "DELETE"].map((method) => `${method} ${path}`),
);

interface Report {
  readonly exitCode: number;
  readonly output: string;
  readonly successes: Successes;
}

/** @returns one passed or failed, with what Schemathesis counted */
export function judged(
  { exitCode, output, successes }: Report,
  followed: readonly string[] = FOLLOWED,
): Outcome {
  const counted = [
    /API Operations:\s+(Selected: .*)/,
    /Test cases:\s+(.*)/,
    /(API Links: .*)/,
    /(Scenarios: .*)/,
    /(Seed: .*)/,
  ].flatMap((pattern) => pattern.exec(output)?.[1]?.replace(/\s+/g, " ") ?? []);
  const did = followed.map((operation) => `${operation} ${successes.get(operation) ?? 0}`).join(", ");
  const missed = followed.filter((operation) => !successes.has(operation));
  const notes = [counted.join("; "), ...(did === "" ? [] : [`successes on rows made before: ${did}`])];
  const tried = /Test cases:\s+[1-9]/.test(output);
  if (exitCode === 0 && tried && missed.length === 0) return { ...PASSED, output, notes };
  return { ...FAILED, output: `${output}\nnever succeeded: ${missed.join(", ") || "nothing"}`, notes };
}
