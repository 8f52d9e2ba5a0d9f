import { errors, types } from "cassandra-driver";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { TodosError } from "../../domain/errors.ts";
import { failureOf } from "./failures.ts";
import type { CassandraSettings } from "./settings.ts";
import { NoCredentialsError } from "./sigv4.ts";

/** What to check. */
export type ProblemTopic = "nodes" | "TLS" | "login" | "data centre" | "keyspace" | "schema";

/** Why a store could not be opened, for its operator. */
export interface OpenProblem {
  readonly topic: ProblemTopic;
  readonly sentence: string;
  /** False if only a change of settings or schema helps, and waiting does not. */
  readonly passes: boolean;
}

const { responseErrorCodes: codes } = types;

/** Errors of checking a certificate; the rest of TLS has its own codes. */
const CERTIFICATE = /ALTNAME|CERT|SIGNED|ISSUER|VERIFY/;

/** @returns undefined for what is not a problem of opening but a bug */
export function openProblem(error: unknown, settings: CassandraSettings): OpenProblem | undefined {
  if (error instanceof StoreOpenError) return { topic: "schema", sentence: error.message, passes: false };
  if (error instanceof TodosError) return { topic: "nodes", sentence: error.message, passes: true };
  const causes = causesOf(error);
  const told = causes.map((cause) => settingProblem(cause, settings));
  const [first] = told.filter((problem) => problem !== undefined);
  // While some nodes are down, the others' refusal may end when those return.
  if (first !== undefined) return { ...first, passes: told.includes(undefined) };
  if (
    failureOf(error) === "fault" &&
    !(error instanceof errors.ResponseError && error.code === codes.serverError)
  ) {
    return undefined;
  }
  return { topic: "nodes", sentence: unreachable(causes, settings), passes: true };
}

/** Each node's own refusal, if there are several. */
function causesOf(error: unknown): readonly unknown[] {
  if (!(error instanceof errors.NoHostAvailableError)) return [error];
  const inner: readonly unknown[] = Object.values(error.innerErrors ?? {});
  return inner.length > 0 ? inner : [error];
}

type Told = Pick<OpenProblem, "topic" | "sentence">;

/** One sentence that names the setting to change; undefined if no setting is to blame. */
function settingProblem(error: unknown, settings: CassandraSettings): Told | undefined {
  if (!(error instanceof Error)) return undefined;
  const { keyspace, tls, port, sigv4 } = settings;
  const found =
    /localDataCenter was configured as '(.*)', but only found hosts in data centers: \[(.*)\]/.exec(
      error.message,
    );
  if (found) {
    return {
      topic: "data centre",
      sentence: `CASSANDRA_LOCAL_DATACENTER is ${found[1]}, but the nodes are in ${found[2]}: name one of those`,
    };
  }
  if (
    error instanceof errors.ResponseError &&
    error.code === codes.invalid &&
    /Keyspace .* does not exist/i.test(error.message)
  ) {
    return { topic: "keyspace", sentence: noKeyspace(keyspace) };
  }
  if (error instanceof errors.ResponseError && error.code === codes.unauthorized) {
    const who = sigv4 ? "the AWS identity" : "CASSANDRA_USERNAME";
    return { topic: "login", sentence: `${who} may not do what the service needs: ${error.message}` };
  }
  if (error instanceof errors.AuthenticationError || isCode(error, codes.badCredentials)) {
    return { topic: "login", sentence: refusedLogin(settings, error.message) };
  }
  if (error instanceof NoCredentialsError) {
    return {
      topic: "login",
      sentence: `no AWS credentials found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile with AWS_PROFILE, or give the task or machine a role (${error.reason})`,
    };
  }
  const code = "code" in error ? String(error.code) : "";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") {
    return {
      topic: "TLS",
      sentence: `CASSANDRA_SSL is true, but port ${port} does not speak TLS: set it to false, or CASSANDRA_PORT to the port with TLS`,
    };
  }
  if (code.includes("ALTNAME")) {
    return {
      topic: "TLS",
      sentence: `the nodes' certificate is not for ${tls?.servername}: set CASSANDRA_SSL_SERVER_NAME to the name in it (${error.message})`,
    };
  }
  if (tls && CERTIFICATE.test(code)) {
    return {
      topic: "TLS",
      sentence: `the nodes' certificate is not trusted: name the authority that signed it with CASSANDRA_SSL_CA (${code})`,
    };
  }
  return undefined;
}

export function noKeyspace(keyspace: string): string {
  return `keyspace ${keyspace} (CASSANDRA_KEYSPACE) does not exist; create it and its tables with: todos migrate`;
}

function refusedLogin({ username, sigv4 }: CassandraSettings, message: string): string {
  if (sigv4) {
    return `Amazon Keyspaces refuses the AWS credentials for ${sigv4.region}: check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, the profile or the role they come from, AWS_REGION, and the clock (${message})`;
  }
  return username === undefined
    ? "the nodes require a login: set CASSANDRA_USERNAME and CASSANDRA_PASSWORD"
    : `the nodes refuse the login of ${username}: check CASSANDRA_USERNAME and CASSANDRA_PASSWORD`;
}

function isCode(error: Error, code: number): boolean {
  return error instanceof errors.ResponseError && error.code === code;
}

function unreachable(causes: readonly unknown[], { endpoints, port, tls }: CassandraSettings): string {
  const reasons = new Set(causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))));
  // How a port with TLS treats a client without TLS.
  const cut = !tls && [...reasons].some((reason) => /ECONNRESET|closed/i.test(reason));
  const hint = cut ? " (if that port uses TLS, set CASSANDRA_SSL=true)" : "";
  return `no node of ${endpoints.join(", ")} (CASSANDRA_ENDPOINTS) answers on port ${port}: ${[...reasons].join("; ")}${hint}`;
}
