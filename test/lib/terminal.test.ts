import { expect, test } from "bun:test";
import { forTerminal, harmless } from "../../src/lib/terminal.ts";

const OVERRIDE = "\u202egpj.exe";

test("terminal escape sequences are shown as escapes, and everything else stays", () => {
  expect(harmless("a\x1b[2Jb\x07c\rd\u009be")).toBe("a\\u001b[2Jb\\u0007c\\u000dd\\u009be");
  expect(harmless(OVERRIDE)).toBe("\\u202egpj.exe");
  for (const code of [0x61c, 0x200e, 0x200f, 0x2028, 0x202a, 0x2066, 0x2069, 0x7f, 0])
    expect(harmless(String.fromCharCode(code))).toBe(`\\u${code.toString(16).padStart(4, "0")}`);
  for (const text of ["tab\tand\nline", "שלום", "مرحبا", "🙂 e\u0301 \u200d", "\\u001b"])
    expect(harmless(text)).toBe(text);
});

test("JSON with such escapes means the same", () => {
  const value = { todo: `\u0085${OVERRIDE}\x1b[31m` };
  expect(JSON.parse(harmless(JSON.stringify(value)))).toEqual(value);
});

test("a command's own colours and progress pass, and nothing else does", () => {
  for (const ours of ["\x1b[32mok\x1b[0m", "\r\x1b[K 1 s", "\x1b[1mtitle\x1b[0m\n"])
    expect(forTerminal(ours)).toBe(ours);
  expect(forTerminal("\x1b[2J\x1b]0;x\x07\x1b[8m\r")).toBe("\\u001b[2J\\u001b]0;x\\u0007\\u001b[8m\\u000d");
  expect(forTerminal(OVERRIDE)).toBe("\\u202egpj.exe");
});
