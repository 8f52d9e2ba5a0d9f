import { describe, expect, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { Interrupted } from "../../src/application/deploy/errors.ts";
import type { DeployEvent } from "../../src/application/deploy/events.ts";
import type { Interruption } from "../../src/application/deploy/run.ts";
import { startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { smallImage } from "./small-image.ts";
import type { TestEngine } from "./support.ts";

/** Presses Ctrl-C and answers the question, at the first event for which `when` holds. */
class Answered implements Interruption {
  private readonly stopping = new AbortController();
  private answer: ReturnType<Interruption["wish"]> = "go on";
  readonly signal = this.stopping.signal;

  constructor(
    private readonly given: "detach" | "roll back",
    private readonly when: (event: DeployEvent) => boolean,
  ) {}

  wish(): ReturnType<Interruption["wish"]> {
    return this.answer;
  }

  watch(engine: TestEngine): TestEngine {
    const { reporter } = engine.run;
    const report = reporter.report.bind(reporter);
    reporter.report = (event) => {
      report(event);
      if (!this.when(event)) return;
      this.answer = this.given;
      this.stopping.abort();
    };
    return engine;
  }
}

const making = (logicalId: string) => (event: DeployEvent) =>
  event.event === "resource" && event.logicalId === logicalId && event.status.endsWith("_IN_PROGRESS");

describe("Ctrl-C", () => {
  test(
    "detach: the program exits, AWS continues, the lock is free; the next deploy joins what is in progress",
    async () => {
      await using aws = await startAws();
      const interruption = new Answered("detach", making("Vpc"));
      const engine = interruption.watch(engineWith(aws, "one", { interruption }));
      expect(await failureOf(deploy(engine, OPTIONS))).toEqual(new Interrupted("detach"));
      expect(aws.stacks().TodosNetworkStack).toBe("CREATE_IN_PROGRESS");
      const next = engineWith(aws, "one");
      await deploy(next, OPTIONS);
      expect(next.of("stack")[0]?.text).toContain("already in progress; waiting for it");
      expect(next.of("waiting")).toEqual([]);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "roll back while a stack is created: it is deleted again, and the program exits when it is gone",
    async () => {
      await using aws = await startAws();
      const interruption = new Answered("roll back", making("Vpc"));
      const engine = interruption.watch(engineWith(aws, "one", { interruption }));
      expect(await failureOf(deploy(engine, OPTIONS))).toEqual(new Interrupted("roll back"));
      expect(aws.stacks()).toEqual({});
      expect(aws.resources()).toEqual([]);
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "roll back while the tables are created: says which stay, and the next deploy adopts them",
    async () => {
      await using aws = await startAws();
      const interruption = new Answered("roll back", making("TodoTable"));
      const engine = interruption.watch(engineWith(aws, "one", { interruption }));
      expect(await failureOf(deploy(engine, OPTIONS))).toEqual(new Interrupted("roll back"));
      const left = aws.resources().filter((line) => line.includes("AWS::Cassandra::"));
      expect(left.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
        "- todos",
        "- todos|checklist",
        "- todos|todo",
      ]);
      expect(engine.of("stack").at(-1)?.text).toBe(
        "deleted, except what holds data: TodoTable, ChecklistTable, Keyspace stay, and the next todos deploy adopts them",
      );
      const next = engineWith(aws, "one");
      await deploy(next, OPTIONS);
      expect(next.of("plan")[0]?.stacks.find(({ kind }) => kind === "keyspaces")?.action).toBe("adopt");
    },
    JOURNEY_TIMEOUT_MS,
  );

  test(
    "roll back while the service is updated, and afterwards: the previous image serves, on its own architecture",
    async () => {
      await using aws = await startAws();
      await deploy(engineWith(aws, "one"), OPTIONS);
      const ONE = smallImage("one").digest;
      const inSmoke = (event: DeployEvent) => event.event === "step" && event.step === "smoke";
      for (const [when, architecture] of [
        [making("Service"), "amd64"],
        [inSmoke, "amd64"],
        [inSmoke, "arm64"],
      ] as const) {
        const interruption = new Answered("roll back", when);
        const engine = interruption.watch(engineWith(aws, "two", { interruption }));
        const options = { ...OPTIONS, settings: { ...OPTIONS.settings, architecture } };
        expect(await failureOf(deploy(engine, options))).toEqual(new Interrupted("roll back"));
        const running = aws.resources().filter((line) => line.startsWith("task service:todos"));
        expect(running.length).toBeGreaterThan(0);
        expect(running.every((line) => line.endsWith(ONE))).toBe(true);
        expect(aws.stacks()).not.toHaveProperty("TodosDeployLock");
      }
    },
    JOURNEY_TIMEOUT_MS,
  );
});
