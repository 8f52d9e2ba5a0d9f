import { types } from "cassandra-driver";
import { ADMINS } from "../../application/accounts/admins.ts";
import type { People } from "../../application/accounts/people.ts";
import { EVERYBODY } from "../../application/accounts/records.ts";
import type { Clock, Log } from "../../application/ports.ts";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { copyProblem } from "./copying/refusal.ts";
import { noKeyspace, openProblem, type ProblemTopic } from "./open-problems.ts";
import { CassandraRecords } from "./records.ts";
import { missingKeyspace } from "./schema/keyspace.ts";
import { schemaProblem } from "./schema/status.ts";
import { Session } from "./session.ts";
import type { CassandraSettings } from "./settings.ts";

/** What one check of a cluster found; for its operator. */
export interface ClusterFinding {
  readonly topic: ProblemTopic;
  /** `trouble`: the service works, but something is wrong. */
  readonly result: "good" | "trouble" | "bad";
  readonly sentence: string;
  /** Who there is; known once the schema is good. */
  readonly people?: People;
}

interface Tools {
  readonly clock: Clock;
  readonly log: Log;
}

const good = (topic: ProblemTopic, sentence: string): ClusterFinding => ({ topic, result: "good", sentence });

/**
 * Checks everything a service needs from its cluster, in the order in which it needs it, until a failure that prevents
 * further checks. Changes nothing.
 * @throws errors caused by neither the cluster's state nor a setting
 */
export async function* inspectCluster(
  settings: CassandraSettings,
  tools: Tools,
): AsyncGenerator<ClusterFinding> {
  try {
    if (yield* inspectNodes(settings)) yield* inspectKeyspace(settings, tools);
  } catch (error) {
    const problem = openProblem(error, settings);
    if (!problem) throw error;
    yield { topic: problem.topic, result: "bad", sentence: problem.sentence };
  }
}

/** @returns whether there is a keyspace to look at */
async function* inspectNodes(settings: CassandraSettings): AsyncGenerator<ClusterFinding, boolean> {
  const session = await Session.connect({ ...settings, keyspace: undefined });
  try {
    yield await nodes(session);
    const { tls } = settings;
    yield good(
      "TLS",
      tls ? `every certificate is for ${tls.servername}, and trusted` : "off: CASSANDRA_SSL is not set",
    );
    yield good("login", loginSentence(settings));
    yield datacentre(session, settings);
    const missing = (await missingKeyspace(session, settings.keyspace)) !== undefined;
    if (missing) yield { topic: "keyspace", result: "bad", sentence: noKeyspace(settings.keyspace) };
    return !missing;
  } finally {
    await session.close();
  }
}

async function* inspectKeyspace(settings: CassandraSettings, tools: Tools): AsyncGenerator<ClusterFinding> {
  const { keyspace } = settings;
  const session = await Session.connect(settings);
  try {
    yield good("keyspace", `${keyspace} exists`);
    const problem = (await schemaProblem(session, keyspace)) ?? (await copyProblem(session, keyspace));
    if (problem !== undefined) throw new StoreOpenError(problem);
    await session.row("SELECT value FROM meta WHERE key = 'epoch'", []);
    const people = await peopleIn(session, tools);
    yield { ...good("schema", "up to date, and a quorum answers"), people };
  } finally {
    await session.close();
  }
}

/** In a keyspace with the current schema. */
async function peopleIn(session: Session, { clock, log }: Tools): Promise<People> {
  const records = new CassandraRecords(session, clock, log);
  const { items, next } = await records.list("user", EVERYBODY, undefined, 1);
  // Nobody is in this set who is not an admin, or is locked out.
  const admins = (await records.find("fact", ADMINS))?.value.value;
  return {
    users: items.length > 0 || next !== undefined,
    admins: Array.isArray(admins) && admins.length > 0,
  };
}

/** Asks every node of the cluster, not only the named ones. */
async function nodes({ client }: Session): Promise<ClusterFinding> {
  const hosts = client.hosts.values();
  const looks = hosts.map((host) =>
    client.execute("SELECT release_version FROM system.local", [], {
      prepare: false,
      host,
      consistency: types.consistencies.one,
    }),
  );
  const silent = (await Promise.allSettled(looks)).flatMap(({ status }, index) =>
    status === "rejected" ? [hosts[index]?.address ?? ""] : [],
  );
  const [all, answering] = [hosts.length, hosts.length - silent.length];
  if (silent.length === 0) return good("nodes", `${all} of ${all} answer`);
  return {
    topic: "nodes",
    result: "trouble",
    sentence: `${answering} of ${all} answer, and ${silent.join(", ")} do not`,
  };
}

function loginSentence({ username, sigv4 }: CassandraSettings): string {
  if (sigv4) return `the nodes accept the AWS identity, in ${sigv4.region}`;
  return username === undefined ? "the nodes require none" : `the nodes accept the login of ${username}`;
}

function datacentre({ client }: Session, { localDatacenter }: CassandraSettings): ClusterFinding {
  const all = [...new Set(client.hosts.values().map(({ datacenter }) => datacenter))];
  if (localDatacenter !== undefined || all.length < 2) {
    return good("data centre", localDatacenter ?? all.join());
  }
  return {
    topic: "data centre",
    result: "trouble",
    sentence: `there are ${all.join(" and ")}, and which one is used depends on the node that answers first: name one with CASSANDRA_LOCAL_DATACENTER, the same for all instances`,
  };
}
