import { expect, test } from "bun:test";
import { isHangupIgnored } from "../../src/commands/support/signals.ts";
import { MAIN, start } from "./todos-process.ts";

/** A service that says when it was asked, and never answers. */
function silentService() {
  const asked = Promise.withResolvers<void>();
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => {
      asked.resolve();
      return new Promise<Response>(() => undefined);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    port: server.port,
    asked: asked.promise,
    stop: () => server.stop(true),
  };
}

const CODES = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
  ["SIGQUIT", 131],
] as const;

test.each(CODES)(
  "smoke stopped by %s → it stops at once, cleans up, and exits with %d",
  async (signal, code) => {
    const service = silentService();
    const child = start(["smoke", service.url]);
    await service.asked;
    child.kill(signal);
    expect(await child.exited).toBe(code);
    await service.stop();
  },
);

test.each(CODES)("a command without its own handling of %s exits at once with %d", async (signal, code) => {
  const service = silentService();
  const child = start(["healthcheck", "--port", String(service.port)]);
  await service.asked;
  child.kill(signal);
  expect(await child.exited).toBe(code);
  await service.stop();
});

test.skipIf(process.platform !== "linux")("started by nohup, it goes on after SIGHUP", async () => {
  const service = silentService();
  const words = [process.execPath, MAIN, "healthcheck", "--port", String(service.port)];
  const child = Bun.spawn(["sh", "-c", 'trap "" HUP; exec "$@"', "sh", ...words], { stdout: "ignore" });
  await service.asked;
  child.kill("SIGHUP");
  child.kill("SIGTERM");
  expect(await child.exited).toBe(143);
  await service.stop();
});

test.each([
  ["Linux, by nohup", "SigBlk:\t0\nSigIgn:\t0000000000001001\n", true, true],
  ["Linux, with its output in a file", "SigBlk:\t0\nSigIgn:\t0000000000001000\n", false, false],
  ["no /proc, with output on a terminal, as nohup never leaves it", "", true, false],
  ["no /proc, without output on a terminal, as under nohup", "", false, true],
])("whether SIGHUP stays ignored: %s", (_, status, onTerminal, ignored) => {
  expect(isHangupIgnored(onTerminal, status)).toBe(ignored);
});
