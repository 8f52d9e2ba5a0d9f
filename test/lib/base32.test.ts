import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { fromBase32, toBase32 } from "../../src/lib/base32.ts";

test("RFC 4648's vectors, without padding", () => {
  const vectors = { "": "", f: "MY", fo: "MZXQ", foo: "MZXW6", foob: "MZXW6YQ", fooba: "MZXW6YTB" };
  for (const [text, coded] of Object.entries(vectors)) {
    expect(toBase32(Buffer.from(text))).toBe(coded);
    expect(Buffer.from(fromBase32(coded) ?? []).toString()).toBe(text);
  }
});

test("bytes of every length come back", () => {
  for (let length = 0; length < 64; length++) {
    const bytes = new Uint8Array(randomBytes(length));
    expect(fromBase32(toBase32(bytes))).toEqual(bytes);
  }
});

test("other characters are refused", () => {
  for (const text of ["mzxw6", "MZXW0", "MZXW1", "MZ W", "MY======", "É"])
    expect(fromBase32(text)).toBeUndefined();
});
