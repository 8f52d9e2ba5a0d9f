import { expect, test } from "bun:test";
import { join } from "node:path";
import { isOfEc2 } from "../../../src/adapters/aws/connection.ts";
import { builtBinary } from "../../support/binary.ts";

const binary = await builtBinary();
const CPU_MS_MAX = 200;
const ADAPTER = join(import.meta.dir, "../../../src/adapters/aws/connection.ts");

/** An address that takes connections and never says a word, like the one for keys in most networks. */
function silentServer() {
  return Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env.PATH ?? "", HOME: "/nowhere", AWS_REGION: "eu-west-1", ...more };
}

test("without credentials a command of a deployment says so, and loads nothing that it would not need", () => {
  const startedAt = performance.now();
  const { exitCode, stderr, resourceUsage } = Bun.spawnSync([binary, "status"], { env: environment() });
  const wallMs = performance.now() - startedAt;
  const cpuMs = Number(resourceUsage.cpuTime.total) / 1_000;
  expect(exitCode).toBe(1);
  expect(stderr.toString()).toStartWith("todos: there are no AWS credentials: ");
  console.log(
    `note: without AWS credentials, todos status ends after ${wallMs.toFixed(0)} ms (${cpuMs.toFixed(0)} ms of CPU)`,
  );
  // Of the CPU, as the wall's clock is that of everything else that runs.
  expect(cpuMs).toBeLessThan(CPU_MS_MAX);
});

test.skipIf(isOfEc2())(
  "where nothing hands out keys, the silence of that address costs 50 ms a try, not a second",
  async () => {
    using server = silentServer();
    const script = `
    const { AwsConnection } = await import(${JSON.stringify(ADAPTER)});
    const connection = new AwsConnection({ region: "eu-west-1", fixedKeys: true, onExpired: () => undefined });
    const startedAt = performance.now();
    await connection.signIn().catch(({ code }) => console.log(code, performance.now() - startedAt));
  `;
    const child = Bun.spawn([process.execPath, "-e", script], {
      env: environment({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${server.port}` }),
      stdout: "pipe",
    });
    const [code, ms] = (await new Response(child.stdout).text()).trim().split(" ");
    expect(code).toBe("credentials");
    expect(Number(ms)).toBeLessThan(1_000);
  },
);
