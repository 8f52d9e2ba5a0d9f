import { signal } from "@preact/signals";
import { LANGUAGES, type Language } from "../text/parts.ts";
import { preferredLanguage, useLanguage as speak } from "../text/text.ts";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** Of this browser, not of the account: another device may be another place. */
const stored = {
  theme: "todos:theme",
  language: "todos:language",
  singleKeys: "todos:single-keys",
} as const;

export const theme = signal<Theme>("system");
/** Undefined: as the browser says. */
export const chosenLanguage = signal<Language | undefined>(undefined);
/** Whether keys without Ctrl or Alt do anything (WCAG 2.2, 2.1.4). */
export const singleKeys = signal(true);

/** Reads what was chosen here before. @returns the language to begin with */
export function recalledPreferences(): Language {
  applyTheme(THEMES.find((known) => known === recalled("theme")) ?? "system");
  singleKeys.value = recalled("singleKeys") !== "off";
  chosenLanguage.value = LANGUAGES.find((known) => known === recalled("language"));
  return chosenLanguage.value ?? preferredLanguage();
}

export function setTheme(chosen: Theme): void {
  applyTheme(chosen);
  store("theme", chosen === "system" ? undefined : chosen);
}

export function setSingleKeys(on: boolean): void {
  singleKeys.value = on;
  store("singleKeys", on ? undefined : "off");
}

export async function setLanguage(chosen: Language | undefined): Promise<void> {
  chosenLanguage.value = chosen;
  store("language", chosen);
  await showLanguage(chosen ?? preferredLanguage());
}

export async function showLanguage(language: Language): Promise<void> {
  await speak(language);
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
}

/** Languages whose script runs from right to left; the styles are mirrored by the page's language. */
const FROM_RIGHT = /^(ar|dv|fa|he|ps|sd|ug|ur|yi)\b/;

function directionOf(language: string): "ltr" | "rtl" {
  return FROM_RIGHT.test(language) ? "rtl" : "ltr";
}

function applyTheme(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
}

function recalled(name: keyof typeof stored): string | null {
  try {
    return localStorage.getItem(stored[name]);
  } catch {
    // A browser that keeps nothing: what is chosen holds until the page closes.
    return null;
  }
}

function store(name: keyof typeof stored, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(stored[name]);
    else localStorage.setItem(stored[name], value);
  } catch {
    // As above.
  }
}
