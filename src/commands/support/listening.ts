import { constants } from "node:os";

/** Why the program can't listen on a port, and what to do about it. */
export interface ListenProblem {
  readonly message: string;
  readonly advice: string;
}

const { EADDRNOTAVAIL, EACCES } = constants.errno;

/** @param variable the setting that names the port @param cause what Bun threw */
export function listenProblem(host: string, port: number, variable: string, cause: unknown): ListenProblem {
  if (memberOf(cause, "code") === "EADDRINUSE") {
    return {
      message: `port ${port} on ${host} is taken`,
      advice: `end what uses it, or choose another port with ${variable} (0 picks a free one)`,
    };
  }
  const errno = memberOf(cause, "errno");
  if (errno === EACCES) {
    return {
      message: `this user may not listen on port ${port}`,
      advice: `choose a port above 1023 with ${variable}, or allow this one: on Linux, run setcap cap_net_bind_service=+ep on the executable, or set AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit`,
    };
  }
  if (errno === EADDRNOTAVAIL) {
    return {
      message: `can't listen on ${host}: it is not an address of this host`,
      advice: "choose one that is with TODOS_HOST; 0.0.0.0 or :: for all of them",
    };
  }
  const why = cause instanceof Error ? cause.message : String(cause);
  return {
    message: `can't listen on port ${port} of ${host}: ${why}`,
    advice: `check TODOS_HOST and ${variable}; a host name must resolve to an address of this host`,
  };
}

function memberOf(error: unknown, member: "code" | "errno"): unknown {
  if (!(error instanceof Error) || !(member in error)) return undefined;
  return (error as Error & Readonly<Record<typeof member, unknown>>)[member];
}
