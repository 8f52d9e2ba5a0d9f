import type { Language } from "../text/parts.ts";
import type { DateReader } from "./day-reader.ts";

const readers = new Map<string, Promise<DateReader>>();

/** The reader of a language, fetched when it is first needed. @param locale decides whether 5/12 is in May */
export function loadDates(language: Language, locale: string): Promise<DateReader> {
  const key = language === "en" ? (/^en-US\b/i.test(locale) ? "en-US" : "en") : language;
  const known = readers.get(key);
  if (known) return known;
  const made = importReader(key);
  readers.set(key, made);
  // Without a connection it is fetched again the next time.
  made.catch(() => readers.delete(key));
  return made;
}

async function importReader(key: string): Promise<DateReader> {
  if (key === "de") return (await import("./dates-de.ts")).readGerman;
  const { readAmerican, readBritish } = await import("./dates-en.ts");
  return key === "en-US" ? readAmerican : readBritish;
}
