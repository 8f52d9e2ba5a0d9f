import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { startService } from "../support/service.ts";
import { FULL_SIZE, note } from "../support/size.ts";

const SOAK_MS = 10 * 60_000;
const WARM_UP_MS = 60_000;
const SAMPLE_EVERY_MS = 5_000;
/** Growth since the warm-up; a leak of 100 bytes per request would be ten times that. */
const MEMORY_GROWTH_BYTES_MAX = 48 * 1_024 * 1_024;
/** Under load: a socket for each caller, a few streams, the database's files. */
const DESCRIPTORS_MAX = 128;
/** After every caller has gone, compared with before. */
const DESCRIPTORS_LEFT_MAX = 4;
const SETTLE_DEADLINE_MS = 30_000;
const MB = 1_024 * 1_024;

// Not skipped but absent if it does not run: a skipped test is a failure in CI.
if (FULL_SIZE) {
  test(
    "ten minutes of mixed load leave memory and file descriptors where they were",
    () => soak(SOAK_MS, WARM_UP_MS),
    SOAK_MS + WARM_UP_MS + SETTLE_DEADLINE_MS + 60_000,
  );
}

async function soak(forMs: number, warmUpMs: number): Promise<void> {
  await using service = await startService();
  const descriptors = () => readdirSync(`/proc/${service.process.pid}/fd`).length;
  const descriptorsBefore = descriptors();
  const answers = answersOfCallers(service.url, warmUpMs + forMs);
  await Bun.sleep(warmUpMs);
  const warmBytes = service.memoryBytes();
  let mostBytes = 0;
  let mostDescriptors = 0;
  for (const end = performance.now() + forMs; performance.now() < end; ) {
    await Bun.sleep(Math.min(SAMPLE_EVERY_MS, forMs));
    mostBytes = Math.max(mostBytes, service.memoryBytes());
    mostDescriptors = Math.max(mostDescriptors, descriptors());
  }
  note(
    `soak: ${await answers} answers in ${(warmUpMs + forMs) / 1_000} s, memory ${mb(warmBytes)} MB warm and ` +
      `${mb(mostBytes)} MB at most, ${mostDescriptors} file descriptors at most`,
  );
  expect(mostBytes - warmBytes).toBeLessThan(MEMORY_GROWTH_BYTES_MAX);
  expect(mostDescriptors).toBeLessThan(DESCRIPTORS_MAX);
  await until(() => descriptors() <= descriptorsBefore + DESCRIPTORS_LEFT_MAX);
  expect(await service.stop()).toBe(0);
}

/** Callers in a separate process, whose connections end with it. @returns how many answers they got */
async function answersOfCallers(url: string, forMs: number): Promise<number> {
  const script = join(import.meta.dir, "soak/children/callers.ts");
  const child = Bun.spawn([process.execPath, script, url, String(forMs)], { stdout: "pipe" });
  const answers = Number(await new Response(child.stdout).text());
  expect(await child.exited).toBe(0);
  expect(answers).toBeGreaterThan(0);
  return answers;
}

/** Checks repeatedly: sockets close when the system gets to it. */
async function until(fine: () => boolean): Promise<void> {
  const deadline = performance.now() + SETTLE_DEADLINE_MS;
  while (!fine() && performance.now() < deadline) await Bun.sleep(100);
  expect(fine()).toBe(true);
}

function mb(bytes: number): number {
  return Math.round(bytes / MB);
}
