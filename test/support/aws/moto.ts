import { AWS_REQUIREMENTS, pythonTool } from "../../../scripts/checks/python.ts";
import { ROOT } from "../binary.ts";
import { freePorts } from "../cassandra/ports.ts";

const ADDRESS = "127.0.0.1";
const START_DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 50;
export const REGION = "eu-west-1";

/** An emulator of AWS, in memory. It accepts every identity. */
export interface Moto extends AsyncDisposable {
  /** For any client of AWS's SDK. */
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  };
}

/** @throws Error with moto's output, if it does not start */
export async function startMoto(): Promise<Moto> {
  const program = await pythonTool({ root: ROOT, nightly: false }, "moto_server", AWS_REQUIREMENTS);
  const [port = 0] = await freePorts([ADDRESS], 1);
  const child = Bun.spawn([program, "-H", ADDRESS, "-p", String(port)], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const endpoint = `http://${ADDRESS}:${port}`;
  const stop = async () => {
    child.kill();
    await child.exited;
  };
  try {
    await untilItAnswers(endpoint, child.exited);
  } catch (error) {
    await stop();
    throw new Error(`moto did not start:\n${await new Response(child.stderr).text()}`, { cause: error });
  }
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  return { client: { endpoint, region: REGION, credentials }, [Symbol.asyncDispose]: stop };
}

async function untilItAnswers(endpoint: string, exited: Promise<number>): Promise<void> {
  let ended = false;
  void exited.then(() => {
    ended = true;
  });
  const deadline = performance.now() + START_DEADLINE_MS;
  for (;;) {
    try {
      await fetch(`${endpoint}/moto-api/data.json`, { method: "HEAD" });
      return;
    } catch (error) {
      if (ended || performance.now() > deadline) throw error;
      await Bun.sleep(LOOK_EVERY_MS);
    }
  }
}
