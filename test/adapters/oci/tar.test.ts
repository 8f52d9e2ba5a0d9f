import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type FoundEntry, readTar, tarEnd, tarHeader, tarPadding } from "../../../src/adapters/oci/tar.ts";
import { scratchFolder } from "../../commands/todos-process.ts";
import { finished } from "../../support/binary.ts";

async function* inParts(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += length) yield bytes.subarray(from, from + length);
}

async function entriesOf(bytes: Uint8Array, partBytes = 700): Promise<(FoundEntry & { text: string })[]> {
  const found: (FoundEntry & { text: string })[] = [];
  await readTar(inParts(bytes, partBytes), (entry) => {
    const index = found.push({ ...entry, text: "" }) - 1;
    return (part) => {
      const at = found[index];
      if (at) at.text += Buffer.from(part).toString();
    };
  });
  return found;
}

function archive(): Uint8Array {
  const text = Buffer.from("hello\n");
  const none = { ownerId: 0, size: 0 };
  return Buffer.concat([
    tarHeader({ path: "data/", kind: "folder", mode: 0o755, ...none, ownerId: 65532 }),
    tarHeader({ path: "a/hello", kind: "file", mode: 0o644, ownerId: 0, size: text.length }),
    text,
    tarPadding(text.length),
    tarHeader({ path: "a/link", kind: "link", mode: 0o777, ...none, linksTo: "hello" }),
    tarEnd(),
  ]);
}

describe("a tar archive", () => {
  test("written by us is read by GNU tar", async () => {
    using folder = scratchFolder();
    await Bun.write(folder.file("a.tar"), archive());
    const listed = await finished(["tar", "--numeric-owner", "-tvf", folder.file("a.tar")], {
      environment: { TZ: "UTC" },
    });
    expect(listed.stderr).toBe("");
    expect(listed.stdout.replaceAll(/ +/g, " ").trimEnd().split("\n")).toEqual([
      "drwxr-xr-x 65532/65532 0 1970-01-01 00:00 data/",
      "-rw-r--r-- 0/0 6 1970-01-01 00:00 a/hello",
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00 a/link -> hello",
    ]);
  });

  test.each(["gnu", "pax", "ustar"])(
    "in GNU tar's %s format is read, including long names",
    async (format) => {
      using folder = scratchFolder();
      const long = `${"long-folder/".repeat(9)}name-of-a-file`;
      await Bun.write(join(folder.path, "in", long), "deep");
      await Bun.write(folder.file("in/short"), "x".repeat(5_000));
      const made = await finished([
        "tar",
        `--format=${format}`,
        "-cf",
        folder.file("a.tar"),
        "-C",
        folder.file("in"),
        ".",
      ]);
      expect(made.exitCode).toBe(0);
      const entries = await entriesOf(await Bun.file(folder.file("a.tar")).bytes());
      const texts = new Map(entries.map(({ path, text }) => [path, text]));
      expect(texts.get(long)).toBe("deep");
      expect(texts.get("short")).toBe("x".repeat(5_000));
    },
  );

  test("is read the same in parts of any length", async () => {
    const whole = await entriesOf(archive(), 1_000_000);
    expect(whole.map(({ path, type }) => [path, type])).toEqual([
      ["data/", "5"],
      ["a/hello", "0"],
      ["a/link", "2"],
    ]);
    for (const partBytes of [1, 13, 512, 513]) expect(await entriesOf(archive(), partBytes)).toEqual(whole);
  });

  test("that is damaged, not one, or cut short is refused", async () => {
    const damaged = Buffer.from(archive());
    damaged[3] = 0x21;
    await expect(entriesOf(damaged)).rejects.toThrow("not a tar archive, or damaged");
    await expect(entriesOf(Buffer.alloc(1_024, "text"))).rejects.toThrow("not a tar archive");
    await expect(entriesOf(archive().subarray(0, 1_026))).rejects.toThrow("ends in the middle of a file");
  });

  test("accepts no path that would be cut off", () => {
    const entry = { path: "x".repeat(100), kind: "file", mode: 0o644, ownerId: 0, size: 0 } as const;
    expect(() => tarHeader(entry)).toThrow("too long for tar");
  });
});
