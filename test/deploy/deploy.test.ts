import { describe, expect, test } from "bun:test";
import { type DeployOptions, deploy } from "../../src/application/deploy/deploy.ts";
import type { Aws } from "../support/aws/double/start.ts";
import { startAws } from "../support/aws/double/start.ts";
import { smallImage, smallImages } from "./small-image.ts";
import { type EngineOptions, engineOn, SETTINGS, type TestEngine } from "./support.ts";

const OPTIONS: DeployOptions = { settings: SETTINGS, allowed: [], wait: true };

function engineWith(aws: Aws, version: string, options: EngineOptions = {}): TestEngine {
  return engineOn(aws, { images: smallImages(version, options.deployer ?? aws.deployer), ...options });
}

describe("todos deploy", () => {
  test("takes an empty account to a service whose every task runs our digest and passed the smoke test", async () => {
    await using aws = await startAws();
    const engine = engineWith(aws, "one");
    const started = aws.clock.now().getTime();
    const { digest, tasks } = await deploy(engine, OPTIONS);
    console.log("calls", aws.calls.length, "minutes", (aws.clock.now().getTime() - started) / 60_000);
    expect(digest).toBe(smallImage("one").digest);
    expect(tasks.map(({ imageDigest }) => imageDigest)).toEqual([digest, digest]);
    expect(engine.of("step").map(({ step }) => step)).toEqual([
      "verify",
      "image",
      "plan",
      "confirm",
      "apply",
      "service",
      "smoke",
      "done",
    ]);
    expect(Object.values(aws.stacks())).toEqual(Array(5).fill("CREATE_COMPLETE"));
  });
});
