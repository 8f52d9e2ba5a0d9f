import { computed, signal } from "@preact/signals";
import type { CatalogueKey, Part, Text } from "./parts.ts";
import { LANGUAGES, type Language, PARTS } from "./parts.ts";

/** What stands for `{name}` in a text; `count` also chooses the plural. */
export type Values = Readonly<Record<string, string | number>>;

const texts = signal<ReadonlyMap<string, Text>>(new Map());
const loaded = new Set<Part>();
/** The language of the page. Set it with {@link useLanguage}, which loads its texts first. */
export const language = signal<Language>("en");
/** What `Intl` formats by: the browser's own variant of the language, so that `en-GB` keeps its dates. */
export const locale = computed(() => localeFor(language.value, navigatorLanguages()));
const numbers = computed(() => new Intl.NumberFormat(locale.value));
/** Every language that there is writes integers below it in plain digits. */
export const PLAIN_BELOW = 1_000;
const plurals = computed(() => new Intl.PluralRules(locale.value));

/** The text of the key in the page's language. A key without a text shows as itself: see the catalogues' test. */
export function t(key: CatalogueKey, values: Values = {}): string {
  const text = texts.value.get(key) ?? key;
  const form = typeof text === "string" ? text : pluralForm(text, Number(values.count));
  return form.replace(/\{(\w+)\}/g, (_, name: string) => shown(values[name]));
}

function pluralForm(text: Exclude<Text, string>, count: number): string {
  return plurals.value.select(count) === "one" ? text.one : text.other;
}

function shown(value: string | number | undefined): string {
  return typeof value === "number" ? numberText(value) : (value ?? "");
}

/** A number as the language writes it. */
export function numberText(value: number): string {
  // The first formatter of a page takes longer than all else on its first screen. Small ones need none: see the test.
  return Number.isInteger(value) && value >= 0 && value < PLAIN_BELOW
    ? String(value)
    : numbers.value.format(value);
}

/** Loads the texts of a part of the page; of the first part at the start, of others with their code. */
export async function loadTexts(part: Part): Promise<void> {
  if (loaded.has(part)) return;
  const added = await PARTS[language.peek()][part]();
  loaded.add(part);
  texts.value = new Map([...texts.peek(), ...Object.entries(added)]);
}

/** Shows the page in `chosen` from now on: all parts that are loaded, or what stood there stays. */
export async function useLanguage(chosen: Language): Promise<void> {
  const parts = await Promise.all([...loaded].map((part) => PARTS[chosen][part]()));
  language.value = chosen;
  texts.value = new Map(parts.flatMap((part) => Object.entries(part)));
}

/** The first language of the browser that there is a catalogue for. */
export function preferredLanguage(wanted: readonly string[] = navigatorLanguages()): Language {
  for (const tag of wanted) {
    const found = LANGUAGES.find((known) => known === tag.split("-")[0]?.toLowerCase());
    if (found !== undefined) return found;
  }
  return "en";
}

function localeFor(chosen: Language, wanted: readonly string[]): string {
  return wanted.find((tag) => tag.split("-")[0] === chosen) ?? chosen;
}

function navigatorLanguages(): readonly string[] {
  return globalThis.navigator?.languages ?? [];
}
