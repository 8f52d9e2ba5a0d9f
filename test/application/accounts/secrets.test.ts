import { describe, expect, test } from "bun:test";
import { isSecret, isToken, newSecret, newToken } from "../../../src/application/accounts/secrets.ts";

const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));

describe("secrets", () => {
  test("each is new, and 43 digits and letters whatever the bytes are", () => {
    const made = Array.from({ length: 200 }, () => newSecret(random));
    expect(new Set(made).size).toBe(200);
    expect(made.every(isSecret)).toBe(true);
    expect(newSecret((count) => new Uint8Array(count))).toBe("0".repeat(43));
    expect(isSecret(newSecret((count) => new Uint8Array(count).fill(255)))).toBe(true);
  });

  test("a token shows whose it is, and one that was typed wrongly is none", () => {
    const token = newToken(random);
    expect(token).toMatch(/^todos_[0-9A-Za-z]{49}$/);
    expect(isToken(token)).toBe(true);
    const swapped = token.at(-1) === "a" ? "b" : "a";
    expect(isToken(token.slice(0, -1) + swapped)).toBe(false);
    expect(isToken(token.slice(0, 10) + (token[10] === "x" ? "y" : "x") + token.slice(11))).toBe(false);
    expect(isToken(`${token} `)).toBe(false);
    expect(isToken(token.replace("todos_", "todas_"))).toBe(false);
  });
});
