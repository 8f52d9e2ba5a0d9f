import type { Fakecloud } from "./fakecloud.ts";

/** A request to an AWS API, on its way to the emulator. */
export interface Call {
  /** The service in the credential scope of the signature: `ecs`, `cloudformation`. */
  readonly service: string;
  readonly action: string;
  /** The body as the protocol sends it: JSON, or a form. */
  body: string;
}

/** A deviation of the emulator from AWS, and its correction. */
export interface Deviation {
  /** The name in the list of deviations. */
  readonly name: string;
  /** Which calls it affects. */
  concerns(call: Call): boolean;
  /**
   * Asks the emulator through `forward`, or answers itself. Calls `seen` if the emulator has the deviation, so a test
   * notices a release of the emulator without it.
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
  /** Names of the deviations seen so far. */
  readonly seen: ReadonlySet<string>;
  /** Every call so far, such as `ecs DescribeServices`. */
  readonly calls: readonly string[];
}

/** Forwards requests from the program to the emulator, and corrects the recorded deviations. */
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

/** Applies the deviations that affect the call. Each one wraps those after it. */
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

/** Forwards calls with the headers of this request. Changes the action's header if the action differs. */
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
