import { describe, expect, test } from "bun:test";
import { base62 } from "../../src/lib/base62.ts";
import { crc32 } from "../../src/lib/crc32.ts";
import { sha256 } from "../../src/lib/sha256.ts";

describe("checksums and their digits", () => {
  test("crc32 is that of gzip", () => {
    for (const text of ["", "a", "123456789", "todos_".repeat(20)])
      expect(crc32(text)).toBe(Bun.hash.crc32(text));
  });

  test("base62 counts in digits, capitals and small letters, with zeros before", () => {
    expect([0n, 9n, 10n, 35n, 36n, 61n, 62n].map((value) => base62(value, 2))).toEqual([
      ..."0 9 A Z a z".split(" ").map((digit) => `0${digit}`),
      "10",
    ]);
    expect(base62(62n ** 3n, 1)).toBe("1000");
  });

  test("sha256 is in hexadecimal", () => {
    expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });
});
