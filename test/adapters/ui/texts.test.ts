import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { LANGUAGES, PARTS, type Part, type Text } from "../../../src/adapters/ui/text/parts.ts";
import {
  loadTexts,
  numberText,
  PLAIN_BELOW,
  preferredLanguage,
  t,
  useLanguage,
} from "../../../src/adapters/ui/text/text.ts";

const SOURCES = join(import.meta.dir, "../../../src/adapters/ui");
const parts = Object.keys(PARTS.en).filter((part): part is Part => part in PARTS.en);

async function catalogue(
  language: (typeof LANGUAGES)[number],
  part: Part,
): Promise<ReadonlyMap<string, Text>> {
  return new Map(Object.entries<Text>(await PARTS[language][part]()));
}

function placeholders(text: Text | undefined): readonly string[] {
  const whole = typeof text === "string" || text === undefined ? text : `${text.one}${text.other}`;
  return [...new Set(whole?.match(/\{\w+\}/g))].sort();
}

/** Everything that code asks for: whole keys, and beginnings of keys that end with a value. */
async function asked(): Promise<{ readonly keys: ReadonlySet<string>; readonly starts: readonly string[] }> {
  const files = await Array.fromAsync(new Bun.Glob("**/*.{ts,tsx}").scan(SOURCES));
  const texts = files
    .filter((file) => !file.startsWith("text/"))
    .map((file) => Bun.file(join(SOURCES, file)).text());
  const all = (await Promise.all(texts)).join("\n");
  const keys = [...all.matchAll(/"([a-z]+\.[\w.-]+)"/g)].flatMap((match) => match[1] ?? []);
  const starts = [...all.matchAll(/`([a-z]+\.[\w.-]*)\$\{/g)].flatMap((match) => match[1] ?? []);
  return { keys: new Set(keys), starts };
}

describe("texts of the page", () => {
  for (const language of LANGUAGES) {
    for (const part of parts) {
      test(`${language}, ${part}: has every text of the English one, with the same values in it`, async () => {
        const [english, own] = await Promise.all([catalogue("en", part), catalogue(language, part)]);
        expect([...own.keys()].sort()).toEqual([...english.keys()].sort());
        for (const [key, text] of english)
          expect([key, ...placeholders(own.get(key))]).toEqual([key, ...placeholders(text)]);
      });
    }
  }

  test("German is not left in English", async () => {
    const same: string[] = [];
    for (const part of parts) {
      const [english, german] = await Promise.all([catalogue("en", part), catalogue("de", part)]);
      for (const [key, text] of english) {
        if (JSON.stringify(german.get(key)) === JSON.stringify(text) && /[a-z]{3}/.test(JSON.stringify(text)))
          same.push(key);
      }
    }
    // The words that are the same in both.
    expect(same).toEqual(expect.arrayContaining(["app.name"]));
    expect(same.length).toBeLessThan(20);
  });

  test("no text that nothing shows", async () => {
    const { keys, starts } = await asked();
    const unused: string[] = [];
    for (const part of parts) {
      for (const key of (await catalogue("en", part)).keys()) {
        if (!keys.has(key) && !starts.some((start) => key.startsWith(start))) unused.push(key);
      }
    }
    expect(unused).toEqual([]);
  });

  test("a text has its values and its plural in the chosen language", async () => {
    await useLanguage("en");
    await loadTexts("first");
    expect(t("sync.unsent", { count: 1 })).toBe("1 change not sent");
    expect(t("sync.unsent", { count: 1_200 })).toBe("1,200 changes not sent");
    expect(t("add.to", { list: "{list}" })).toBe("Add a task to {list}");
    await useLanguage("de");
    expect(t("sync.unsent", { count: 1_200 })).toBe("1.200 Änderungen nicht gesendet");
    await useLanguage("en");
  });

  test("numbers are written as each language does, small ones without its formatter", async () => {
    for (const language of LANGUAGES) {
      await useLanguage(language);
      const format = new Intl.NumberFormat(language);
      for (const value of [0, 7, 42, PLAIN_BELOW - 1, PLAIN_BELOW, 12_345, -3, 0.5])
        expect([language, numberText(value)]).toEqual([language, format.format(value)]);
    }
    await useLanguage("en");
  });

  test("the first language of the browser with a catalogue is chosen, else English", () => {
    expect(preferredLanguage(["fr-FR", "de-AT", "en"])).toBe("de");
    expect(preferredLanguage(["fr"])).toBe("en");
    expect(preferredLanguage([])).toBe("en");
  });
});
