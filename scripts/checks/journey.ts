import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fakecloudBinary, fakecloudLack, IN_NAMESPACES } from "../../test/support/aws/fakecloud/binary.ts";
import { runTests } from "./bun-tests.ts";
import type { Step } from "./step.ts";

/** The life of a deployment by the compiled binary, on an emulator of AWS whose containers really run. */
export const journey: Step = {
  name: "deploy on fakecloud",
  required: true,
  lane: "clusters",
  needs: fakecloudLack,
  async run(context) {
    await fakecloudBinary();
    // However it ends, its files are in one place. The path is short, because podman allows at most 50 characters
    // below it.
    const folder = await mkdtemp(join(tmpdir(), "tj-"));
    try {
      const files = ["test/journey/deploy.journey.ts"];
      const outcome = await runTests(context, files, { TMPDIR: folder }, IN_NAMESPACES);
      const counted = `${outcome.passed} journey steps passed on fakecloud, ${outcome.failed} failed`;
      return { ...outcome, notes: [counted, ...(outcome.notes ?? [])] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
