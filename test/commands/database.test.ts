import { describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { scratchFolder, served, todos } from "./todos-process.ts";

describe("migrate", () => {
  test("shows what is pending, applies it once, and then has nothing to do", async () => {
    using folder = scratchFolder();
    const file = folder.file("a.db");
    const dry = await todos(["migrate", "--dry-run", "--sqlite", file]);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^pending {2}0001_/);
    expect(await Bun.file(file).exists()).toBe(false);
    const first = await todos(["migrate", "--sqlite", file]);
    expect([first.code, first.stdout]).toEqual([0, dry.stdout.replaceAll("pending", "applied")]);
    const second = await todos(["migrate", "--sqlite", file]);
    expect([second.code, second.stdout]).toEqual([0, ""]);
    expect(second.stderr).toContain("nothing to do");
    const told = await todos(["migrate", "--json", "--sqlite", file]);
    expect(JSON.parse(told.stdout)).toEqual({
      event: "done",
      count: 0,
      message: "up to date, nothing to do",
    });
    const status = await todos(["migrate", "status", "--json", "--sqlite", file]);
    expect(JSON.parse(status.stdout.split("\n")[0] ?? "")).toMatchObject({ state: "applied" });
  });

  test("a file that is not a database → 1 and one sentence", async () => {
    using folder = scratchFolder();
    await Bun.write(folder.file("a.db"), "this is a letter, and no database at all\n".repeat(50));
    const { code, stderr } = await todos(["migrate", "--sqlite", folder.file("a.db")]);
    expect(code).toBe(1);
    expect(stderr).toStartWith(`todos: ${folder.file("a.db")}`);
    expect(stderr).not.toContain("bug");
  });
});

describe("backup and restore", () => {
  test("a backup of a running service can be restored; it asks for --yes if data would be replaced", async () => {
    using folder = scratchFolder();
    const [file, copy] = [folder.file("a.db"), folder.file("copy.db")];
    const service = await served(file);
    await fetch(new URL("/checklists", service.url), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ name: "Garden" }),
    });
    const backup = await todos(["backup", copy, "--sqlite", file, "--json"]);
    expect(backup.code).toBe(0);
    expect(JSON.parse(backup.stdout)).toMatchObject({ checklists: 2, tasks: 0 });

    const whileServed = await todos(["restore", copy, "--sqlite", file, "--yes"]);
    expect(whileServed.code).toBe(1);
    expect(whileServed.stderr).toContain("already being served");
    await service[Symbol.asyncDispose]();

    const unasked = await todos(["restore", copy, "--sqlite", file]);
    expect([unasked.code, unasked.stdout]).toEqual([2, ""]);
    expect(unasked.stderr).toContain(`todos restore --yes ${copy}`);
    const restored = await todos(["restore", copy, "--sqlite", file, "--yes"]);
    expect(restored.code).toBe(0);
    expect(restored.stdout).toContain("2 checklists, 0 tasks, verified");
    const elsewhere = await todos(["restore", copy, "--sqlite", folder.file("b.db")]);
    expect(elsewhere.code).toBe(0);
  });

  test("a backup replaces an earlier one when asked, and never anything else", async () => {
    using folder = scratchFolder();
    await todos(["migrate", "--sqlite", folder.file("a.db")]);
    await Bun.write(folder.file("copy.db"), "mine");
    const refused = await todos(["backup", folder.file("copy.db"), "--sqlite", folder.file("a.db")]);
    const copy = (...flags: string[]) =>
      todos(["backup", folder.file("copy.db"), "--sqlite", folder.file("a.db"), ...flags]);
    const forced = await copy("--force");
    expect([refused.code, forced.code]).toEqual([1, 1]);
    expect(forced.stderr).toContain("is not a backup made by todos");
    expect(await Bun.file(folder.file("copy.db")).text()).toBe("mine");
    rmSync(folder.file("copy.db"));
    expect((await copy()).code).toBe(0);
    expect((await copy()).stderr).toContain("--force");
    expect((await copy("--force")).code).toBe(0);
  });

  test("a backup to - is refused, and a failure to show the result does not fail a backup", async () => {
    using folder = scratchFolder();
    const store = ["--sqlite", folder.file("a.db")];
    await todos(["migrate", ...store]);
    const dash = await todos(["backup", "-", ...store]);
    expect([dash.code, dash.stderr]).toEqual([2, expect.stringContaining("Name a file")]);
    // Its standard output is open for reading only.
    const words = `"$0" "${join(import.meta.dir, "../../src/main.ts")}" "$@" 1</dev/null`;
    const unreadable = (...line: string[]) => Bun.spawnSync(["sh", "-c", words, process.execPath, ...line]);
    const backup = unreadable("backup", folder.file("b.db"), ...store);
    expect([backup.exitCode, backup.stderr.toString()]).toEqual([
      0,
      expect.stringContaining("1 checklist, 0 tasks, verified\n(standard output can't be written"),
    ]);
    const config = unreadable("config");
    expect([config.exitCode, config.stderr.toString()]).toEqual([1, expect.not.stringContaining("bug")]);
  });

  test("a backup names the file at fault, in words, and gives advice that works", async () => {
    using folder = scratchFolder();
    const store = ["--sqlite", folder.file("a.db")];
    await todos(["migrate", ...store]);
    await Bun.write(folder.file("letter"), "mine");
    const { code, stderr } = await todos(["backup", folder.file("letter/b.db"), ...store]);
    expect([code, stderr]).toEqual([1, expect.stringContaining(folder.file("letter/b.db"))]);
    expect(stderr).not.toMatch(/--sqlite|E[A-Z]{4,}/);
  });

  test("restoring a missing file → 1", async () => {
    using folder = scratchFolder();
    const { code, stderr } = await todos([
      "restore",
      folder.file("none.db"),
      "--sqlite",
      folder.file("a.db"),
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain("there is no file");
  });
});
