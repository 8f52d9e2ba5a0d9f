import type { OpenProblem, ProblemTopic } from "../../adapters/cassandra/open-problems.ts";
import { DeployError } from "../../application/deploy/errors.ts";
import { TodosError } from "../../domain/errors.ts";

/** The export's subject, and the destroy's progress. */
export interface ExportPlace {
  readonly keyspace: string;
  /** Hosts and port of Keyspaces, for people. */
  readonly endpoint: string;
  readonly file: string;
  /** `nothing was deleted`, or what was. */
  readonly kept: string;
}

/** Why this machine can't reach the keyspace: the network, permissions, or the keyspace itself. */
const ADVICE: Readonly<Record<ProblemTopic, (place: ExportPlace) => string>> = {
  nodes: ({ endpoint }) =>
    `the problem is the network, not permissions: the copy is made from this machine, at ${endpoint}, not through the VPC; open port 9142 in the firewall, run the command where it is open, or set CASSANDRA_ENDPOINTS to another endpoint of Keyspaces`,
  login: ({ keyspace }) =>
    `the problem is permissions, not the network (Keyspaces was reached): these credentials need cassandra:Select on /keyspace/${keyspace}/* and /keyspace/system* (docs/deploy.md has the policy), and no policy of the organization may deny it`,
  TLS: () =>
    "something on the way answers with its own certificate: bypass that proxy, or set CASSANDRA_SSL_CA to its authority",
  "data centre": () => "this is a bug in todos; please report it",
  keyspace: () => "check what is deployed with todos status",
  schema: () => "run todos deploy, which updates the tables, or use the release that last deployed",
};
const WITHOUT = "--no-export deletes the data without a copy";

/** Why the keyspace could not be read, and what to do. */
export function keyspaceUnread(error: unknown, problem: OpenProblem, place: ExportPlace): DeployError {
  // A failure after initial success is worth another attempt, whatever the cause.
  const advice =
    error instanceof TodosError
      ? "run the same command again: it continues where it stopped"
      : ADVICE[problem.topic](place);
  return failed(problem.sentence, `${advice}; ${WITHOUT}`, place, error);
}

/** Why the file could not be written, and what to do. */
export function fileUnwritten(error: Error, place: ExportPlace): DeployError {
  return failed(
    error.message,
    `free some space, or name another file with --export; ${WITHOUT}`,
    place,
    error,
  );
}

/** The copy differs from the keyspace. */
export function notEqual(why: string, advice: string, place: ExportPlace): DeployError {
  return failed(why, `${advice}; ${WITHOUT}`, place, undefined);
}

/** A failure of the copy caused by the file: a full or missing disk. */
export function isOfFile(error: unknown): error is TodosError {
  const cause = error instanceof TodosError ? error.cause : undefined;
  return (
    typeof cause === "object" && cause !== null && "code" in cause && /^SQLITE_/.test(String(cause.code))
  );
}

function failed(
  why: string,
  advice: string,
  { keyspace, file, kept }: ExportPlace,
  cause: unknown,
): DeployError {
  const sentence = why.replace(/\.$/, "");
  return new DeployError(
    "refused",
    `the data of the keyspace ${keyspace} could not be copied to ${file}: ${sentence}; ${kept}`,
    advice,
    { cause },
  );
}
