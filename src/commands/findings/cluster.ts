import type { ClusterFinding } from "../../adapters/cassandra/inspect.ts";
import type { Config } from "../../config.ts";
import { cassandraSettings } from "../support/cassandra.ts";
import { CommandError } from "../support/command.ts";
import { systemClock } from "../support/system.ts";
import { peopleFinding } from "./accounts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const ADVICE: Readonly<Record<ClusterFinding["topic"], string>> = {
  nodes: "check that they are running and reachable from this host; docs/cassandra.md has the settings",
  TLS: "see TLS in docs/cassandra.md",
  login: "see Settings in docs/cassandra.md; for Amazon Keyspaces, see its section",
  "data centre": "see Settings in docs/cassandra.md",
  keyspace: "run: todos migrate, with the same settings",
  schema: "see: todos migrate status",
};

const nothing = (): void => undefined;
/** What the records would log is about records that somebody else deletes: nobody does here. */
const NO_LOG = { error: nothing, warn: nothing, info: nothing, debug: nothing };

/** Checks the cluster that the service would use, as far as possible. */
export async function* clusterFindings(config: Config): AsyncGenerator<Finding> {
  try {
    const settings = cassandraSettings(config);
    if (!settings) return;
    // Loaded only here: the driver would cost every other doctor its time.
    const { inspectCluster } = await import("../../adapters/cassandra/maintenance.ts");
    for await (const found of inspectCluster(settings, { clock: systemClock, log: NO_LOG })) {
      yield findingOf(found);
      if (found.people) yield peopleFinding(config, found.people);
    }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    yield fail("cluster", error.message, error.advice ?? ADVICE.TLS);
  }
}

function findingOf({ topic, result, sentence }: ClusterFinding): Finding {
  const check = `cluster's ${topic}`;
  if (result === "good") return ok(check, sentence);
  return result === "bad" ? fail(check, sentence, ADVICE[topic]) : warn(check, sentence, ADVICE[topic]);
}
