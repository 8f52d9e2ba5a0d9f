import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync } from "node:fs";
import { imageEvents } from "../../src/commands/deployment/image-progress.ts";
import { standInExecutable } from "../support/oci/executable.ts";
import { scratchFolder, todos } from "./todos-process.ts";

describe("verify-image", () => {
  test("nothing listens on the registry's port → 1 at once, and what to check", async () => {
    using folder = scratchFolder();
    const binary = await standInExecutable(folder.file("todos"));
    const startedAt = performance.now();
    const { code, stderr } = await todos(["verify-image", "localhost:1/todos:1", "--binary", binary]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      "todos: localhost:1 is unreachable: connection refused.\n" +
        "  Nothing listens there: check host and port, and that the registry is running.\n",
    );
    // Less than the shortest of the pauses between tries, which sum up to 10 s.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe("synth", () => {
  test("a folder with other files, or a file in its place → refused before the image is built", async () => {
    using folder = scratchFolder();
    const binary = await standInExecutable(folder.file("todos"));
    const synth = (output: string) => todos(["synth", "--json", "--output", output, "--binary", binary]);
    mkdirSync(folder.file("mine/image"), { recursive: true });
    await Bun.write(folder.file("mine/image/letter.txt"), "dear");
    const refused = await synth(folder.file("mine"));
    expect(refused.code).toBe(1);
    expect(refused.stdout).not.toContain("compressing");
    expect(JSON.parse(refused.stdout)).toMatchObject({
      code: "disk",
      message: `${folder.file("mine/image")} holds other files and no earlier image.`,
    });
    expect(readdirSync(folder.file("mine"))).toEqual(["image"]);

    await Bun.write(folder.file("file"), "");
    const blocked = await synth(folder.file("file"));
    expect(JSON.parse(blocked.stdout)).toMatchObject({
      code: "disk",
      message: `The image can't be written to ${folder.file("file/image")}: a file has the name of a folder.`,
    });
    await Bun.write(folder.file("half/templates"), "");
    const half = await synth(folder.file("half"));
    expect(JSON.parse(half.stdout)).toMatchObject({ code: "disk" });
    expect(half.stderr).toContain(
      `the templates can't be written to ${folder.file("half/templates")}: a file has the name of a folder`,
    );
  });

  test("progress has the time left: on a terminal in one line, elsewhere as a line every 10 s", () => {
    const shown = (isTerminal: boolean): string => {
      let text = "";
      let nowMs = 0;
      const write = (more: string): void => {
        text += more;
      };
      const stderr = { isTerminal, colors: false, write };
      const stdout = { ...stderr, isTerminal: false };
      const progress = imageEvents({ has: () => false, stdout, stderr }, () => nowMs);
      for (let seconds = 0; seconds <= 20; seconds += 5) {
        nowMs = seconds * 1_000;
        progress.show({ event: "compressing", bytesDone: seconds * 1_000_000, bytesTotal: 80_000_000 });
      }
      return text;
    };
    expect(shown(true)).toEndWith("\r\x1b[Kcompressing the image: 25 % of 80.0 MB, 1 min left");
    expect(shown(false)).toBe(
      "compressing the image: 12 % of 80.0 MB, 1 min 10 s left\ncompressing the image: 25 % of 80.0 MB, 1 min left\n",
    );
  });
});
