import { describe, expect, test } from "bun:test";
import {
  caseFolded,
  matchesQuery,
  parsedQuery,
  QUERY_CHARS_MAX,
  QUERY_WORDS_MAX,
} from "../../src/domain/folding.ts";
import { note } from "../support/size.ts";

/** @throws Error if it is no query */
function words(query: string): readonly string[] {
  const parsed = parsedQuery(query);
  if ("detail" in parsed) throw new Error(parsed.detail);
  return parsed;
}

function found(query: string, ...fields: string[]): boolean {
  return matchesQuery(fields, words(query));
}

describe("a query finds text whatever its case and accents", () => {
  test.each([
    ["buy", "BUY milk"],
    ["MILK", "buy milk"],
    ["cafe", "Café"],
    ["CAFÉ", "cafe"],
    ["cafe", "Cafe\u0301"],
    ["strasse", "Straße"],
    ["STRASSE", "Straße"],
    ["straße", "STRASSE"],
    ["straße", "STRAẞE"],
    ["muller", "Müller"],
    ["istanbul", "İSTANBUL"],
    ["İstanbul", "istanbul"],
    ["ISTANBUL", "ıstanbul"],
    ["ışık", "ISIK"],
    ["isik", "IŞIK"],
    ["οδος", "ΟΔΟΣ"],
    ["οδοσ", "οδός"],
    ["ΟΔΌΣ", "οδος"],
    ["αθηνα", "Αθήνα"],
    ["ευρω", "εὐρώ"],
    ["τω", "τῷ"],
    ["еще", "Ещё"],
    ["pho", "Phở"],
    ["dong", "đồng"],
    ["tieng viet", "Tiếng Việt"],
    ["lodz", "ŁÓDŹ"],
    ["smorrebrod", "Smørrebrød"],
    ["aesir", "Æsir"],
    ["coeur", "cœur"],
    ["thor", "Þór"],
    ["file", "ﬁle"],
    ["abc", "ＡＢＣ"],
    ["１２", "12 eggs"],
    ["2", "m²: ²"],
    ["kelvin", "\u212Aelvin"],
    ["ℌ", "h"],
    ["سلام", "سَلَامٌ"],
    ["سلام", "ســلام"],
    ["اكل", "أكل"],
    ["שלום", "שָׁלוֹם"],
    ["می‌خواهم", "میخواهم"],
    ["coordinate", "coo\u00ADrdinate"],
    ["ガム", "ｶﾞﾑ"],
    ["が", "か\u3099"],
    ["각", "\u1100\u1161\u11A8"],
  ])("%j finds %j", (query, text) => {
    expect(found(query, text)).toBe(true);
  });

  test.each([
    ["か", "が"],
    ["가", "각"],
    ["कम", "काम"],
    ["ดี", "ดา"],
    ["b", "б"],
  ])("but %j doesn't find %j: what differs is a letter", (query, text) => {
    expect(found(query, text)).toBe(false);
  });

  test("upper and lower case of every character fold alike, and folding again changes nothing", () => {
    const different: string[] = [];
    for (let code = 0; code < 0x11_00_00; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const char = String.fromCodePoint(code);
      const [upper, lower] = [char.toUpperCase(), char.toLowerCase()];
      if (upper === char && lower === char) continue;
      // The iota below a letter is left out as a mark, but its capital is a letter.
      if (char.normalize("NFD").includes("\u0345")) continue;
      const folds = [char, upper, lower, caseFolded(char)].map((form) => caseFolded(form));
      const parsed = [char, upper, lower].map((form) => JSON.stringify(parsedQuery(form)));
      const again = parsed[0]?.startsWith("[")
        ? JSON.stringify(parsedQuery(words(char).join(" ")))
        : parsed[0];
      if (new Set(folds).size > 1 || new Set([...parsed, again]).size > 1) different.push(char);
    }
    expect(different).toEqual([]);
  });
});

describe("every word of a query is the beginning of a word", () => {
  test.each([
    ["mil", "buy milk", true],
    ["ilk", "buy milk", false],
    ["milk buy", "buy milk", true],
    ["mi bu", "buy milk", true],
    ["buy bread", "buy milk", false],
    ["milk,eggs", "eggs and milk", true],
    ["mail", "e-mail", true],
    ["don't", "Don’t panic", true],
    ["eau", "l'eau", true],
    ["5", "3.5", true],
    ["café", "un café.", true],
    ["fé", "un café", false],
    ["b", "ä_b", true],
    ["привет", "Привет, мир", true],
    ["ивет", "Привет", false],
    ["우유", "우유를 사다", true],
    ["유", "우유", false],
  ])("%j in %j: %p", (query, text, expected) => {
    expect(found(query, text)).toBe(expected);
  });

  test.each([
    ["京都", "東京都に住む", true],
    ["東京 住む", "東京都に住む", true],
    ["京東", "東京都", false],
    ["ラー", "味噌ラーメン", true],
    ["iphone", "新しいiPhone買う", true],
    ["phone", "新しいiPhone買う", false],
    ["iPhone買う", "新しいiPhone買う", true],
    ["3回", "第3回", true],
    ["买牛奶", "明天买牛奶", true],
    ["ไทย", "คนไทย", true],
    ["葛城", "葛\u{E0100}城", true],
  ])("without spaces every character may begin one: %j in %j: %p", (query, text, expected) => {
    expect(found(query, text)).toBe(expected);
  });

  test.each([
    ["🎉", "party🎉now", true],
    ["now", "party🎉now", true],
    ["🎉party", "party 🎉", true],
    ["👋", "👋🏽", true],
    ["👋🏽", "👋", true],
    ["👋🏽", "👋🏿", true],
    ["👩", "👨‍👩‍👧", true],
    ["👨‍👩‍👧", "👨‍👩‍👧‍👦 trip", true],
    ["👨‍👩‍👧", "👨", false],
    ["❤", "I ❤️ it", true],
    ["🇩🇪", "to🇩🇰🇩🇪", true],
    ["🇰🇩", "🇩🇰🇩🇪", false],
    ["1️⃣", "1 first", true],
    ["😀", "😁", false],
    ["🏴", "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", true],
  ])("an emoji is a word of its own: %j in %j: %p", (query, text, expected) => {
    expect(found(query, text)).toBe(expected);
  });

  test("words may be in different fields, but no word is in two", () => {
    expect(found("milk home", "buy milk", "", "Home")).toBe(true);
    expect(found("milkhome", "milk", "home")).toBe(false);
    expect(found("🇩🇪", "🇩", "🇪")).toBe(false);
    expect(matchesQuery([], words("a"))).toBe(false);
  });
});

describe("a query is parsed once", () => {
  test("into its words, folded, each once", () => {
    expect(parsedQuery("  Zum Bäcker, zum BÄCKER! 東京2026🎉 ")).toEqual([
      "zum",
      "backer",
      "東京",
      "2026",
      "🎉",
    ]);
  });

  test.each(["", "   ", "!?", "—…", "€", "\u200D", "\u0301", "🏽", "\ud83d"])(
    "%j has no word → refused",
    (query) => {
      const detail = "must have at least one letter, digit or emoji";
      expect(parsedQuery(query)).toEqual({ pointer: "/query/q", detail });
    },
  );

  test("200 characters are allowed, 201 are not", () => {
    expect(parsedQuery("😀".repeat(QUERY_CHARS_MAX))).toEqual(["😀"]);
    const detail = "must have at most 200 characters; it has 201";
    expect(parsedQuery("😀".repeat(QUERY_CHARS_MAX + 1))).toEqual({ pointer: "/query/q", detail });
  });

  test("20 words are allowed, 21 are not", () => {
    const many = (count: number) => Array.from({ length: count }, (_, i) => `w${i}`).join(" ");
    expect(words(many(QUERY_WORDS_MAX))).toHaveLength(20);
    const detail = "must have at most 20 words; it has 21";
    expect(parsedQuery(many(QUERY_WORDS_MAX + 1))).toEqual({ pointer: "/query/q", detail });
  });
});

describe("labels that differ only in case are equal", () => {
  test.each([
    ["Home", "hOME", true],
    ["STRASSE", "straße", true],
    ["İş", "iş", true],
    ["ΟΔΟΣ", "οδος", true],
    ["é", "e\u0301", true],
    ["É", "e\u0301", true],
    ["e", "é", false],
    ["が", "か", false],
  ])("%j and %j: %p", (a, b, expected) => {
    expect(caseFolded(a) === caseFolded(b)).toBe(expected);
  });
});

describe("a description of 10,000 characters", () => {
  const SENTENCES: Readonly<Record<string, string>> = {
    ASCII: "Buy the bread and the milk, then coffee for Susan - 42 items. ",
    German: "Brot und Milch für die Straße kaufen, dann Kaffee für Jürgen — 42 Stück. ",
    Russian: "Купить хлеб и молоко, потом ещё кофе — 42 штуки. ",
    Japanese: "東京都に住むことを考える、ラーメンも食べる。",
    Korean: "우유와 빵을 사고 커피도 산다. ",
    emoji: "🎉👨‍👩‍👧👋🏽 ",
  };
  const ROUNDS = 40;

  test("is searched in a fraction of a millisecond", () => {
    const query = words("susan zzz jurgen");
    const figures = Object.entries(SENTENCES).map(([script, sentence]) => {
      const texts = Array.from(
        { length: 2 * ROUNDS },
        (_, i) => `${i}${sentence.repeat(700).slice(0, 9_990)}`,
      );
      let startedAt = 0;
      for (const [i, text] of texts.entries()) {
        if (i === ROUNDS) startedAt = performance.now();
        matchesQuery([text], query);
      }
      return `${script} ${((performance.now() - startedAt) / ROUNDS).toFixed(3)}`;
    });
    note(`ms to search 10,000 characters: ${figures.join(", ")}`);
  });

  test("takes time linear in its length, whatever it and the query repeat", () => {
    for (const unit of ["a", "あ", "a ", "👩‍"]) {
      const query = words(`${unit.repeat(90)}b`);
      const startedAt = performance.now();
      matchesQuery([unit.repeat(10_000 / unit.length)], query);
      expect(performance.now() - startedAt).toBeLessThan(100);
    }
  });
});
