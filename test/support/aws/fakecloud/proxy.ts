import type { Fakecloud } from "./fakecloud.ts";

/** One request of an AWS API, on its way to the emulator. */
export interface Call {
  /** As in the credential scope of its signature: `ecs`, `cloudformation`. */
  readonly service: string;
  readonly action: string;
  /** As the protocol has it: JSON, or a form. */
  body: string;
}

/** A deviation of the emulator from AWS, and its correction. */
export interface Deviation {
  /** As the list of them has it. */
  readonly name: string;
  /** Which calls it concerns. */
  concerns(call: Call): boolean;
  /**
   * Asks the emulator by `forward`, or answers itself. Calls `seen` where the deviation is there: a release of
   * the emulator without it is then noticed.
   */
  handle(call: Call, forward: Forward, seen: () => void): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

/** Sends a call of this or another action to the emulator. */
export type Forward = (call: Call) => Promise<Answer>;

export interface AwsProxy extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the deviations that were there so far. */
  readonly seen: ReadonlySet<string>;
  /** Every call so far: `ecs DescribeServices`. */
  readonly calls: readonly string[];
}

/** Stands between the program and the emulator, and supplies what the recorded deviations lack. */
export function startProxy(fakecloud: Fakecloud, deviations: readonly Deviation[]): AwsProxy {
  const seen = new Set<string>();
  const calls: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const call = await callOf(request);
      calls.push(`${call.service} ${call.action}`);
      const answer = await through(call, forwardLike(request, fakecloud.endpoint), deviations, seen);
      return new Response(answer.body, { status: answer.status, headers: { "content-type": answer.type } });
    },
  });
  return {
    environment: { ...fakecloud.environment, AWS_ENDPOINT_URL: server.url.origin },
    seen,
    calls,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Each deviation that concerns the call wraps those after it. */
function through(
  call: Call,
  forward: Forward,
  deviations: readonly Deviation[],
  seen: Set<string>,
): Promise<Answer> {
  const at = deviations.findIndex((each) => each.concerns(call));
  const found = deviations[at];
  if (!found) return forward(call);
  const inner: Forward = (next) =>
    next.action === call.action ? through(next, forward, deviations.slice(at + 1), seen) : forward(next);
  return found.handle(call, inner, () => seen.add(found.name));
}

const SCOPE = /Credential=[^/]+\/\d+\/[^/]*\/([^/]+)\/aws4_request/;

async function callOf(request: Request): Promise<Call> {
  const body = await request.text();
  const service = SCOPE.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  const target = request.headers.get("x-amz-target")?.split(".").at(-1);
  return { service, action: target ?? new URLSearchParams(body).get("Action") ?? "", body };
}

/** With the headers of that request, but for the action where it is another. */
function forwardLike(request: Request, endpoint: string): Forward {
  const { pathname, search } = new URL(request.url);
  return async ({ action, body }) => {
    const headers = new Headers(request.headers);
    for (const name of ["host", "content-length", "accept-encoding"]) headers.delete(name);
    const target = headers.get("x-amz-target");
    if (target) headers.set("x-amz-target", `${target.slice(0, target.lastIndexOf(".") + 1)}${action}`);
    const response = await fetch(`${endpoint}${pathname}${search}`, {
      method: request.method,
      headers,
      body,
    });
    return {
      status: response.status,
      body: await response.text(),
      type: response.headers.get("content-type") ?? "application/octet-stream",
    };
  };
}
