import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { servedBy } from "../../adapters/sqlite/maintenance.ts";
import type { Config } from "../../config.ts";
import { reasonOf } from "../../lib/reason.ts";
import { localAddress, whyUnreachable } from "../support/address.ts";
import { listenProblem } from "../support/listening.ts";
import type { Finding, Look } from "./finding.ts";
import { fail, ok, warn } from "./finding.ts";
import { listensOn } from "./listener.ts";

const ANSWER_TIMEOUT_MS = 2_000;
const DAY_MS = 24 * 60 * 60 * 1_000;
const CERTIFICATE_DAYS_COMFORTABLE = 21;

export const port: Look = async (config) => {
  if (config.port === 0) return ok("port", "0: any free port will be taken");
  const url = localAddress(config);
  const answer = await whoAnswers(url, config);
  if (answer !== undefined) return answer;
  try {
    Bun.listen({ hostname: config.host, port: config.port, socket: { data: () => undefined } }).stop(true);
    return ok("port", `${config.host}:${config.port} is free`);
  } catch (error) {
    const { message, advice } = listenProblem(config.host, config.port, "TODOS_PORT", error);
    return fail("port", message, advice);
  }
};

/** `undefined` if nothing listens there. */
async function whoAnswers(url: string, config: Config): Promise<Finding | undefined> {
  try {
    const response = await fetch(`${url}/actuator/health`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: "manual",
      tls: { rejectUnauthorized: false },
    });
    const status = /"status"\s*:\s*"([A-Z_]{1,40})"/.exec(await response.text())?.[1];
    if (status !== undefined) return serviceAt(url, status, config);
    return taken(url, `it answered ${response.status}`);
  } catch (error) {
    const why = whyUnreachable(error);
    return why === "connection refused" ? undefined : taken(url, why);
  }
}

/** A service on the same store is the one to check; any other prevents it from starting. */
function serviceAt(url: string, status: string, config: Config): Finding {
  const stranger = strangerThere(config);
  if (stranger !== undefined) return taken(url, `a service that is ${status}; ${stranger}`);
  if (status !== "UP") return warn("port", `a service at ${url} says it is ${status}`, "read its log");
  if (config.cassandraEndpoints.length === 0) return ok("port", `a service at ${url} says it is UP`);
  return warn(
    "port",
    `a service at ${url} says it is UP, and no second one can listen there`,
    "nothing, if that is this service; otherwise choose another port with TODOS_PORT",
  );
}

/** @returns why the listener on the port can't be the service of this file; undefined if it may be */
function strangerThere({ cassandraEndpoints, sqlitePath, port }: Config): string | undefined {
  if (cassandraEndpoints.length > 0) return undefined;
  const file = resolve(sqlitePath);
  const serving = servedBy(sqlitePath);
  if (serving === undefined) return `no process serves ${file}`;
  const { pid } = serving;
  const elsewhere = pid !== undefined && listensOn(pid, port) === false;
  return elsewhere ? `${file} is served by pid ${pid}, which listens elsewhere` : undefined;
}

function taken(url: string, why: string): Finding {
  const advice = "stop that program, or choose another port with TODOS_PORT";
  return fail("port", `another program listens at ${url} (${why})`, advice);
}

export const certificate: Look = ({ tlsCert, tlsKey }) => {
  if (tlsCert === undefined || tlsKey === undefined) return ok("certificate", "none: plain HTTP");
  try {
    return judged(new X509Certificate(readFileSync(tlsCert)), readFileSync(tlsKey), { tlsCert, tlsKey });
  } catch (error) {
    return fail(
      "certificate",
      `${tlsCert} and ${tlsKey} cannot be used: ${reasonOf(error)}`,
      "set TODOS_TLS_CERT and TODOS_TLS_KEY to PEM files that this user can read",
    );
  }
};

function judged(
  cert: X509Certificate,
  key: Buffer,
  { tlsCert, tlsKey }: Pick<Config, "tlsCert" | "tlsKey">,
): Finding {
  if (!cert.checkPrivateKey(createPrivateKey(key))) {
    return fail("certificate", `${tlsKey} is not the key of ${tlsCert}`, "name the key of that certificate");
  }
  const daysLeft = Math.floor((Date.parse(cert.validTo) - Date.now()) / DAY_MS);
  const message = `valid until ${new Date(cert.validTo).toISOString()} (${daysLeft} days)`;
  if (Date.parse(cert.validFrom) > Date.now()) {
    return fail(
      "certificate",
      `not valid before ${cert.validFrom}`,
      "check the clock, or get a new certificate",
    );
  }
  if (daysLeft < 0) return fail("certificate", message, "renew it and restart the service");
  return daysLeft < CERTIFICATE_DAYS_COMFORTABLE
    ? warn("certificate", message, "renew it and restart the service")
    : ok("certificate", message);
}
