import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../cassandra/ports.ts";
import { fakecloudBinary } from "./binary.ts";
import { type Containers, layOutContainers, type Surroundings } from "./containers.ts";

const ADDRESS = "127.0.0.1";
const READY_DEADLINE_MS = 30_000;
const ATTEMPT_EVERY_MS = 50;

/** A running emulator of AWS. Its Fargate tasks are real containers. */
export interface Fakecloud extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly containers: Containers;
  /** Variables that point the SDK and the binary at it. */
  readonly environment: Readonly<Record<string, string>>;
  log(): Promise<string>;
}

/** Starts the emulator on a free port of this network namespace. Disposing of it ends it and all its containers. */
export async function startFakecloud(region: string, surroundings: Surroundings): Promise<Fakecloud> {
  const folder = await mkdtemp(join(tmpdir(), "fc-"));
  const [port = 0] = await freePorts([ADDRESS], 1);
  const endpoint = `http://${ADDRESS}:${port}`;
  const containers = await layOutContainers(join(folder, "c"), endpoint, surroundings);
  const log = Bun.file(join(folder, "fakecloud.log"));
  const child = Bun.spawn([await fakecloudBinary(), "--addr", `${ADDRESS}:${port}`, "--region", region], {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      FAKECLOUD_CONTAINER_CLI: containers.program,
      ...containers.environment,
    },
    stdin: "ignore",
    stdout: log,
    stderr: log,
  });
  const stop = async () => {
    child.kill("SIGKILL");
    await child.exited;
    await containers[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(endpoint, child);
  } catch (error) {
    const words = await log.text();
    await stop();
    throw new Error(`fakecloud did not start:\n${words}`, { cause: error });
  }
  return {
    endpoint,
    region,
    containers,
    environment: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: "AKIDTEST",
      AWS_SECRET_ACCESS_KEY: "test",
    },
    log: () => log.text(),
    [Symbol.asyncDispose]: stop,
  };
}

async function untilReady(endpoint: string, child: { readonly exitCode: number | null }): Promise<void> {
  const deadline = Date.now() + READY_DEADLINE_MS;
  for (;;) {
    const ready = await fetch(`${endpoint}/_fakecloud/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error("it does not answer");
    await Bun.sleep(ATTEMPT_EVERY_MS);
  }
}
