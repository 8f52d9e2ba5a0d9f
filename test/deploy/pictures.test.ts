import { expect, test } from "bun:test";
import { join } from "node:path";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { builtBinary, ROOT } from "../support/binary.ts";
import { terminalPicture } from "../support/terminal-picture.ts";
import { engineWith, OPTIONS } from "./engines.ts";
import { smallImage } from "./small-image.ts";

/** `npm run docs:images` takes the pictures again. Otherwise, this checks the existing ones. */
const taking = process.env.DOCS_IMAGES === "true";
const IMAGES = join(ROOT, "docs/images");
/** The double's time runs this many times as fast, so minutes of AWS pass in seconds. */
const SPEED = 30;
/** The program checks every five seconds of its own time, so what it must see step by step happens more slowly. */
const SPEED_OF_SERVICE = 5;
const TIMEOUT_MS = 300_000;
/** The log of a service whose role has lost a permission. */
const REFUSED = [
  '{"timestamp":"2030-01-01T00:11:07.412Z","level":"INFO","logger":"todos","message":"listening; not ready until the store is","url":"http://0.0.0.0:8181"}',
  "todos: the AWS identity may not do what the service needs: User arn:aws:sts::111122223333:assumed-role/TodosClusterStack-TaskRole has no permissions.",
];

/** Returns the compiled program's output on a terminal. */
async function onTerminal(aws: Aws, ...words: readonly string[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  const child = Bun.spawn([await builtBinary(), ...words], {
    env: {
      PATH: process.env.PATH ?? "",
      TERM: "xterm-256color",
      // The first build of an image takes a minute.
      XDG_CACHE_HOME: join(ROOT, "dist/cache"),
      ...aws.environment,
    },
    terminal: { cols: 100, rows: 40, data: (_, bytes) => void chunks.push(bytes.slice()) },
  });
  const code = await child.exited;
  const shown = new TextDecoder().decode(Buffer.concat(chunks));
  return `$ todos ${words.join(" ")}\r\n${shown}$ echo $?\r\n${code}\r\n`;
}

/** @returns the words of the picture, without its line breaks */
async function picture(name: string, take: () => Promise<string>): Promise<string> {
  const file = Bun.file(join(IMAGES, name));
  if (taking) await file.write(await terminalPicture(await take()));
  return (await file.text()).replace(/<[^>]+>/g, "").replace(/\s+/g, " ");
}

test(
  "the picture of a deploy shows every step and its end",
  async () => {
    const text = await picture("deploy.svg", async () => {
      await using aws = await startAws({ time: SPEED });
      return await onTerminal(aws, "deploy", "--yes");
    });
    for (const step of ["[1 verify]", "[2 image]", "[3 plan]", "[5 apply]", "[6 service]", "[7 smoke]"]) {
      expect(text).toContain(step);
    }
    expect(text).toContain("passed the smoke test");
  },
  TIMEOUT_MS,
);

test(
  "the picture of a failing task shows why, what to do, the way back, and an exit code that is not 0",
  async () => {
    const text = await picture("failing-task.svg", async () => {
      await using aws = await startAws({ time: SPEED });
      await deploy(engineWith(aws, "before"), OPTIONS);
      aws.plant.task.script({ group: "service:todos" }, { kind: "exits", code: 1, lines: REFUSED });
      aws.plant.task.script({ group: "service:todos", image: smallImage("before").digest }, { kind: "runs" });
      aws.before = ({ action }) => {
        if (action === "RunTask") aws.clock.pace(SPEED_OF_SERVICE);
        return undefined;
      };
      return await onTerminal(aws, "deploy", "--yes");
    });
    for (const shown of [
      "a task of the service failed: the program ended with exit code 1",
      "ECS says: Essential container in task exited",
      "has no permissions.",
      "fix the cause, then run todos deploy again",
      "3 failed: ECS deployment circuit breaker",
      "the rollback: 2 of 2 tasks run, complete",
      "TodosEcsStack: rolled back",
      "todos: the new version failed",
      "is serving again",
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).toMatch(/\$ echo \$\? 1 $/);
  },
  TIMEOUT_MS,
);
