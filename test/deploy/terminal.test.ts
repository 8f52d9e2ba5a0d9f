import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { builtBinary } from "../support/binary.ts";
import { piecesCache } from "../support/oci/pieces.ts";

const binary = await builtBinary();
const XDG_CACHE_HOME = await piecesCache(binary);
/** The double's time runs this many times as fast. The program's own time is real. */
const SPEED = 30;
const TIMEOUT_MS = 600_000;
const CTRL_C = "\x03";
const QUESTION = "eep going?";

const DEPLOY = ["deploy"];

/** Runs a program on a terminal with a user. By default, the program is `todos` with a deploy. */
class Somebody implements Disposable {
  private text = "";
  private look: () => void = () => undefined;
  private readonly child;

  constructor(aws?: Aws, words: readonly string[] = DEPLOY, program: readonly string[] = [binary]) {
    this.child = Bun.spawn([...program, ...words], {
      env: { PATH: process.env.PATH ?? "", TERM: "xterm", XDG_CACHE_HOME, ...aws?.environment },
      terminal: {
        cols: 100,
        rows: 40,
        data: (_, bytes) => {
          this.text += new TextDecoder().decode(bytes);
          this.look();
        },
      },
    });
  }

  /** Waits until the program's output since the last input contains `said`, then types. */
  async answers(said: string, typed: string): Promise<void> {
    await this.sees(said);
    this.text = "";
    this.child.terminal?.write(typed);
  }

  /** Closes the terminal, as a user does by closing the window. */
  leave(): void {
    this.child.terminal?.close();
  }

  /** Waits until the program's output since the last input contains `said`. */
  async sees(said: string): Promise<void> {
    while (!this.text.includes(said)) {
      const more = new Promise<"more">((resolve) => {
        this.look = () => resolve("more");
      });
      const event = await Promise.race([more, this.child.exited]);
      if (event !== "more") throw new Error(`it ended with ${event} and never said ${said}:\n${this.text}`);
    }
  }

  get exited(): Promise<number> {
    return this.child.exited;
  }

  get said(): string {
    return this.text;
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }
}

test(
  "Ctrl-C at a question: nothing more is changed, the lock is free, and the program ends with 130",
  async () => {
    await using aws = await startAws({ time: SPEED });
    using destroyer = new Somebody(aws, ["destroy"]);
    await destroyer.answers("Type its name to continue:", CTRL_C);
    expect(await destroyer.exited).toBe(130);
    using deployer = new Somebody(aws);
    await deployer.answers("[y/N]", CTRL_C);
    expect(await deployer.exited).toBe(130);
    expect(deployer.said).toContain("stopped at the question; nothing more was changed");
    // The lock is a stack, too.
    expect(aws.stacks()).toEqual({});
  },
  TIMEOUT_MS,
);

test(
  "Ctrl-C on a terminal: keep going continues, detach leaves AWS working and exits with 130, a second Ctrl-C exits at once with 130; the next deploy finishes it; reading the log asks nothing",
  async () => {
    await using aws = await startAws({ time: SPEED });
    aws.plant.task.script({ group: "service:todos" }, { kind: "runs", lines: ["a task is listening"] });
    using first = new Somebody(aws);
    await first.answers("[y/N]", "y\n");
    await first.answers("Vpc (AWS::EC2::VPC): create", CTRL_C);
    await first.answers(QUESTION, "k\n");
    await first.answers("TodosRegistryStack: creating", CTRL_C);
    await first.answers(QUESTION, "d\n");
    expect(await first.exited).toBe(130);
    expect(first.said).toContain("detached; AWS continues its work");
    expect(Object.keys(aws.stacks()).sort()).toEqual(["TodosNetworkStack", "TodosRegistryStack"]);

    using second = new Somebody(aws);
    await second.answers("[y/N]", "y\n");
    await second.answers("TodosKeyspacesStack: creating", CTRL_C);
    await second.answers(QUESTION, CTRL_C);
    expect(await second.exited).toBe(130);

    using third = new Somebody(aws);
    await third.answers("[y/N]", "y\n");
    expect(await third.exited).toBe(0);
    expect(third.said).toContain("passed the smoke test");

    using reader = new Somebody(aws, ["logs", "--follow", "--since", "1d"]);
    await reader.answers("a task is listening", CTRL_C);
    expect(await reader.exited).toBe(130);
    expect(reader.said).not.toContain("deploy");
  },
  TIMEOUT_MS,
);

test(
  "the terminal is closed: the lock is released, however long that takes, AWS continues, and the program ends with 129",
  async () => {
    await using aws = await startAws({ time: SPEED });
    using deployer = new Somebody(aws, [...DEPLOY, "--yes"]);
    await deployer.sees("TodosNetworkStack: creating");
    // Slow this call down, so that the moving line is written several times.
    aws.plant.call.slow({ action: "DeleteStack", realMs: 1_000 });
    deployer.leave();
    expect(await deployer.exited).toBe(129);
    expect(Object.keys(aws.stacks())).toEqual(["TodosNetworkStack"]);
  },
  TIMEOUT_MS,
);

/** Starts work that asks its own question while the question after Ctrl-C is open. */
async function askedTwice(): Promise<Somebody> {
  const child = join(import.meta.dir, "../support/children/two-questions.ts");
  const asked = new Somebody(undefined, [child], [process.execPath]);
  await asked.answers("working", CTRL_C);
  await asked.sees("the work waits for its answer");
  expect(asked.said).toContain(QUESTION);
  expect(asked.said).not.toContain("Apply?");
  return asked;
}

test("a question of the work waits while the one after Ctrl-C is open: each gets its own answer", async () => {
  using asked = await askedTwice();
  await asked.answers(QUESTION, "k\n");
  await asked.answers("Apply? [y/N]", "y\n");
  expect(await asked.exited).toBe(0);
  expect(asked.said).toContain("yes");
});

test("detach at the question after Ctrl-C: the work's question is not asked", async () => {
  using asked = await askedTwice();
  await asked.answers(QUESTION, "d\n");
  expect(await asked.exited).toBe(130);
  expect(asked.said).not.toContain("Apply?");
  expect(asked.said).toContain("interrupted: detach");
});

test("the terminal is closed at the question after Ctrl-C: the work detaches, and ends with 129", async () => {
  using asked = await askedTwice();
  asked.leave();
  expect(await asked.exited).toBe(129);
});
