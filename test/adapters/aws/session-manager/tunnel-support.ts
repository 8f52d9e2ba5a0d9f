import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { AwsConnection } from "../../../../src/adapters/aws/connection.ts";
import {
  SessionManagerTunnels,
  type TunnelsOptions,
} from "../../../../src/adapters/aws/session-manager/tunnels.ts";
import type { Tunnel } from "../../../../src/application/deploy/ports.ts";
import { wallClock } from "../../../../src/commands/deployment/machine.ts";
import { type Aws, startAws } from "../../../support/aws/double/start.ts";
import { ecsBench } from "../double/ecs-support.ts";

/** A tunnel through the double of AWS to a real server on this machine. */
export interface TunnelBench extends AsyncDisposable {
  readonly aws: Aws;
  readonly tunnel: Tunnel;
  readonly url: string;
  /** What a person was told. */
  readonly notes: string[];
}

export interface BenchOptions extends TunnelsOptions {
  /** Before the session is opened. */
  prepare?(aws: Aws): void;
  readonly localPort?: number;
}

/** Far more than AWS's plugin sends: what is asked here is whether all arrives, not how fast. */
const UNPACED = 1_000_000;

/** @param servicePort where the service listens. @throws DeployError */
export async function tunnelTo(servicePort: number, options: BenchOptions = {}): Promise<TunnelBench> {
  const { prepare, localPort = 0, ...session } = options;
  const aws = await startAws();
  try {
    aws.plant.sessions.servicePort = servicePort;
    const task = await runningTask(aws);
    prepare?.(aws);
    const notes: string[] = [];
    const tunnels = new SessionManagerTunnels(connectionTo(aws), {
      messagesPerSecondMax: UNPACED,
      ...session,
    });
    const tunnel = await tunnels.open({
      ...{ cluster: "todos", task, runtimeId: `${task}-1`, port: 8181, localPort },
      onNote: (text) => notes.push(text),
    });
    return {
      ...{ aws, tunnel, notes, url: `http://127.0.0.1:${tunnel.localPort}` },
      [Symbol.asyncDispose]: async () => {
        await tunnel.close();
        await aws[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await aws[Symbol.asyncDispose]();
    throw error;
  }
}

function connectionTo(aws: Aws): AwsConnection {
  // As the SDK has it: there is no other way to tell the program.
  process.env.AWS_ENDPOINT_URL = aws.endpoint;
  return new AwsConnection({
    region: aws.region,
    clock: wallClock,
    credentials: aws.deployer.credentials,
    fixedKeys: true,
    onExpired: () => undefined,
  });
}

async function runningTask(aws: Aws): Promise<string> {
  const bench = ecsBench(aws);
  await bench.deploy("first");
  const [task] = await bench.tasks("RUNNING");
  const id = task?.taskArn?.split("/").at(-1);
  if (id === undefined) throw new Error("no task runs");
  return id;
}

/** Says back what it is sent, by HTTP: `POST /echo`, `GET /bytes?n=N`, `GET /slow` (never), `GET /` ("hello"). */
export function echoServer() {
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    maxRequestBodySize: 64 * 1024 * 1024,
    routes: {
      "/": () => new Response("hello"),
      "/digest": async (request) => new Response(digestOf(Buffer.from(await request.arrayBuffer()))),
      "/bytes": (request) => new Response(patternOf(Number(new URL(request.url).searchParams.get("n")))),
    },
  });
  return {
    port: server.port ?? 0,
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

/** Bytes of which no part is like another. */
export function patternOf(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(at, at);
  return bytes;
}

export function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A plain connection to a local port. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

/** All that comes until the other side ends. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
