import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { destroy } from "../../src/application/deploy/destroy.ts";
import { diff } from "../../src/application/deploy/diff.ts";
import type { Architecture, ImageMaker } from "../../src/application/deploy/ports.ts";
import { rollback } from "../../src/application/deploy/rollback.ts";
import { withArchitecture } from "../../src/application/deploy/settings-of.ts";
import { status } from "../../src/application/deploy/status.ts";
import { verify } from "../../src/application/deploy/verify.ts";
import type { DeploymentSettings } from "../../src/domain/deployment/settings.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { smallImage, smallImages } from "./small-image.ts";
import { SETTINGS } from "./support.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

const ARM: DeploymentSettings = { ...SETTINGS, architecture: "arm64" };

/** Returns the resources of a type that stacks have created, with their properties. */
function made(aws: Aws, type: string): string[] {
  return aws.resources().filter((line) => line.includes(` ${type} `));
}

describe.each([
  ["staging", "-staging", "todos_staging"],
  ["pre-prod-2", "-pre-prod-2", "todos_pre_prod_2"],
])("the environment %s", (environment, suffix, keyspace) => {
  test("is deployed, inspected, changed, rolled back and destroyed under its own names", async () => {
    await using aws = await startAws();
    const engine = (version: string) => engineWith(aws, version, { environment });
    const { outputs } = await deploy(engine("one"), OPTIONS);
    expect(Object.keys(aws.stacks()).sort()).toEqual(
      ["Cluster", "Ecs", "Keyspaces", "Network", "Registry"].map((kind) => `Todos${kind}Stack${suffix}`),
    );
    expect(outputs.ecs?.PrivateUrl).toBe(`http://todos.todos${suffix}.internal:8181`);
    expect(made(aws, "AWS::Cassandra::Keyspace").join()).toContain(`"${keyspace}"`);
    expect(made(aws, "AWS::ECR::Repository").join()).toContain(`"todos${suffix}"`);
    expect(made(aws, "AWS::Logs::LogGroup").join()).toContain(`"/ecs/todos${suffix}"`);
    await verify(engine("one"), SETTINGS);
    expect(await diff(engine("one"), OPTIONS)).toBe(false);
    await deploy(engine("two"), OPTIONS);
    const back = await rollback(engine("none"), { settings: SETTINGS, wait: false });
    expect(back.digest).toBe(smallImage("one").digest);
    expect(await status(engine("none"), SETTINGS)).toMatchObject({ environment, healthy: true });
    const left = await destroy(engine("none"), { deleteData: false, wait: false });
    expect(left.map(({ what }) => what)).toEqual([`keyspace ${keyspace} with the tables checklist, todo`]);
  });
});

/** An image maker that records its requests. */
function remembering(aws: Aws, version: string): ImageMaker & { readonly asked: Architecture[] } {
  const images = smallImages(version, aws.deployer);
  const asked: Architecture[] = [];
  return {
    asked,
    push: images.push,
    build: (architecture) => {
      asked.push(architecture);
      return images.build(architecture);
    },
  };
}

describe("arm64", () => {
  test("the image is built for it, every task definition runs on it, and it costs less", async () => {
    await using aws = await startAws();
    const images = remembering(aws, "one");
    const engine = engineWith(aws, "one", { images });
    await deploy(engine, { ...OPTIONS, settings: ARM });
    expect(images.asked).toEqual(["arm64"]);
    const definitions = made(aws, "AWS::ECS::TaskDefinition");
    expect(definitions).toHaveLength(2);
    for (const definition of definitions) expect(definition).toContain('"CpuArchitecture":"ARM64"');
    const tasksUsd = (settings: DeploymentSettings) =>
      status(engineWith(aws, "none"), settings).then(
        ({ costs }) => costs.find(({ what }) => what === "Fargate tasks")?.monthlyUsd ?? 0,
      );
    expect(await tasksUsd(ARM)).toBeLessThan(0.85 * (await tasksUsd(SETTINGS)));
  });

  test("a deploy without an architecture keeps it, no matter what this binary is for; one with an architecture changes it", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), { ...OPTIONS, settings: ARM });
    const { architecture: _, ...unnamed } = SETTINGS;
    const images = remembering(aws, "two");
    const second = engineWith(aws, "two", { images });
    const kept = await withArchitecture(second, unnamed, "amd64");
    expect(kept.architecture).toBe("arm64");
    await deploy(second, { ...OPTIONS, settings: kept });
    expect(images.asked).toEqual(["arm64"]);

    const third = engineWith(aws, "three");
    const { tasks } = await deploy(third, OPTIONS);
    expect(tasks.map(({ imageDigest }) => imageDigest)).toEqual(Array(2).fill(smallImage("three").digest));
    for (const definition of made(aws, "AWS::ECS::TaskDefinition")) {
      expect(definition).toContain('"CpuArchitecture":"X86_64"');
    }
  });

  test("a rollback runs the image on its own architecture, there and back", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), OPTIONS);
    const two = await deploy(engineWith(aws, "two"), { ...OPTIONS, settings: ARM });
    expect(two.digest).toBe(smallImage("two", "arm64").digest);
    const { architecture: _, ...unnamed } = SETTINGS;
    for (const { digest } of [smallImage("one"), smallImage("two", "arm64")]) {
      const engine = engineWith(aws, "none");
      const settings = await withArchitecture(engine, unnamed, "amd64");
      const back = await rollback(engine, { settings, wait: false });
      expect(back.tasks.map(({ imageDigest }) => imageDigest)).toEqual([digest, digest]);
    }
  });

  test("a rollback whose image can't be read says so and keeps the architecture", async () => {
    await using aws = await startAws();
    await deploy(engineWith(aws, "one"), OPTIONS);
    await deploy(engineWith(aws, "two"), OPTIONS);
    const engine = engineWith(aws, "none");
    aws.plant.call.unavailable({ service: "registry", action: "GET blobs" });
    const back = await rollback(engine, { settings: SETTINGS, wait: false });
    expect(back.digest).toBe(smallImage("one").digest);
    expect(engine.of("note").map(({ text }) => text)).toContainEqual(
      expect.stringMatching(
        /^the image's architecture is unknown, so tasks keep theirs, amd64: the registry/,
      ),
    );
  });

  test("a first deploy without an architecture uses this binary's", async () => {
    await using aws = await startAws();
    const { architecture: _, ...unnamed } = SETTINGS;
    const found = await withArchitecture(engineWith(aws, "one"), unnamed, "arm64");
    expect(found.architecture).toBe("arm64");
  });
});
