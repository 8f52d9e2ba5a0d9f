import type { OpenProblem, ProblemTopic } from "../../adapters/cassandra/open-problems.ts";
import { DeployError } from "../../application/deploy/errors.ts";
import { TodosError } from "../../domain/errors.ts";

/** What an export is about, and how far the destroy has come. */
export interface ExportPlace {
  readonly keyspace: string;
  /** Hosts and port of Keyspaces, for people. */
  readonly endpoint: string;
  readonly file: string;
  /** `nothing was deleted`, or what was. */
  readonly kept: string;
}

/** What stands between this machine and the keyspace: its network, its rights, or the keyspace itself. */
const ADVICE: Readonly<Record<ProblemTopic, (place: ExportPlace) => string>> = {
  nodes: ({ endpoint }) =>
    `this is the network, and not permissions: the copy is made from this machine, at ${endpoint}, and not through the VPC; let a firewall pass port 9142, run the command where it is open, or name another way to Keyspaces with CASSANDRA_ENDPOINTS`,
  login: ({ keyspace }) =>
    `these are permissions, and not the network, as Keyspaces was reached: these credentials need cassandra:Select on /keyspace/${keyspace}/* and /keyspace/system* (docs/deploy.md has the policy), and nothing of the organization may deny it`,
  TLS: () =>
    "somebody on the way answers with a certificate of their own: go around that proxy, or name its authority with CASSANDRA_SSL_CA",
  "data centre": () => "this is a bug in todos; please report it",
  keyspace: () => "look with todos status what is there",
  schema: () => "run todos deploy, which brings the tables up to date, or destroy with the release that did",
};
const WITHOUT = "--no-export deletes the data without a copy";

/** Why the keyspace could not be read, and what to do. */
export function keyspaceUnread(error: unknown, problem: OpenProblem, place: ExportPlace): DeployError {
  // What has gone well so far and then did not is tried again, whatever it was.
  const advice =
    error instanceof TodosError
      ? "run the same command again: it goes on where it was"
      : ADVICE[problem.topic](place);
  return failed(problem.sentence, `${advice}; ${WITHOUT}`, place, error);
}

/** Why the file could not be written, and what to do. */
export function fileUnwritten(error: Error, place: ExportPlace): DeployError {
  return failed(error.message, `make room, or name another file with --export; ${WITHOUT}`, place, error);
}

/** The copy is not what the keyspace is. */
export function notEqual(why: string, advice: string, place: ExportPlace): DeployError {
  return failed(why, `${advice}; ${WITHOUT}`, place, undefined);
}

/** A copy's failure of which the file is the reason: a disk that is full or gone. */
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
