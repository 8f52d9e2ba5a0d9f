import { expect, test } from "bun:test";
import { join } from "node:path";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { builtBinary, ROOT } from "../support/binary.ts";
import { terminalPicture } from "../support/terminal-picture.ts";

/** `npm run docs:images` takes the pictures anew; otherwise those that are there are looked at. */
const taking = process.env.DOCS_IMAGES === "true";
const IMAGES = join(ROOT, "docs/images");
/** Of the double's time: minutes of AWS pass in seconds. */
const SPEED = 30;
const TIMEOUT_MS = 600_000;

/** What a terminal got from the compiled program. */
async function onTerminal(aws: Aws, ...words: readonly string[]): Promise<string> {
  const chunks: Uint8Array[] = [];
  const child = Bun.spawn([await builtBinary(), ...words], {
    env: { PATH: process.env.PATH ?? "", TERM: "xterm-256color", ...aws.environment },
    terminal: { cols: 100, rows: 40, data: (_, bytes) => void chunks.push(bytes.slice()) },
  });
  await child.exited;
  return `$ todos ${words.join(" ")}\r\n${new TextDecoder().decode(Buffer.concat(chunks))}`;
}

async function picture(name: string, take: () => Promise<string>): Promise<string> {
  const file = Bun.file(join(IMAGES, name));
  if (taking) await file.write(await terminalPicture(await take()));
  return (await file.text()).replace(/<[^>]+>/g, "");
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
