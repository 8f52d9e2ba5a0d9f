import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { TOTP, URI } from "otpauth";
import { acceptedTotpStep, TOTP_SECRET_BYTES, totpCode, totpStep, totpUrl } from "../../src/lib/totp.ts";

/** RFC 6238, appendix B: seconds, and the last six digits of the code for SHA-1. */
const VECTORS: readonly (readonly [number, string])[] = [
  [59, "287082"],
  [1_111_111_109, "081804"],
  [1_111_111_111, "050471"],
  [1_234_567_890, "005924"],
  [2_000_000_000, "279037"],
  [20_000_000_000, "353130"],
];
const RFC_SECRET = Buffer.from("12345678901234567890");
const NOW_MS = 1_900_000_015_000;

test.each(VECTORS)("RFC 6238 at %d s", (seconds, code) => {
  expect(totpCode(RFC_SECRET, totpStep(seconds * 1_000))).toBe(code);
});

test("an implementation of others makes the same codes, and reads the URL", () => {
  for (let round = 0; round < 200; round++) {
    const secret = randomBytes(TOTP_SECRET_BYTES);
    const url = totpUrl(secret, "to dos: & 100%", "ann+x@example.org");
    const theirs = URI.parse(url);
    if (!(theirs instanceof TOTP)) throw new Error(`not understood: ${url}`);
    expect(theirs).toMatchObject({
      issuer: "to dos  & 100%",
      label: "ann+x@example.org",
      digits: 6,
      period: 30,
    });
    expect(theirs.secret.hex.toLowerCase()).toBe(secret.toString("hex"));
    const timestamp = Math.floor(Math.random() * 4e12);
    expect(totpCode(secret, totpStep(timestamp))).toBe(theirs.generate({ timestamp }));
  }
});

test("codes of the step before and after are taken, others are not", () => {
  const now = totpStep(NOW_MS);
  const accepted = [-2, -1, 0, 1, 2].map((off) =>
    acceptedTotpStep(RFC_SECRET, totpCode(RFC_SECRET, now + off), NOW_MS),
  );
  expect(accepted).toEqual([undefined, now - 1, now, now + 1, undefined]);
});

test("a step that was used is not taken again, and none before it", () => {
  const now = totpStep(NOW_MS);
  const code = (off: number) => totpCode(RFC_SECRET, now + off);
  expect(acceptedTotpStep(RFC_SECRET, code(0), NOW_MS, now)).toBeUndefined();
  expect(acceptedTotpStep(RFC_SECRET, code(-1), NOW_MS, now)).toBeUndefined();
  expect(acceptedTotpStep(RFC_SECRET, code(1), NOW_MS, now)).toBe(now + 1);
});

test("spaces between the digits are fine; anything but six digits is wrong", () => {
  const code = totpCode(RFC_SECRET, totpStep(NOW_MS));
  expect(acceptedTotpStep(RFC_SECRET, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, NOW_MS)).toBe(
    totpStep(NOW_MS),
  );
  for (const wrong of ["", "12345", `${code}0`, `+${code.slice(1)}`, "１２３４５６", "NaN", "1e5000"])
    expect(acceptedTotpStep(RFC_SECRET, wrong, NOW_MS)).toBeUndefined();
});
