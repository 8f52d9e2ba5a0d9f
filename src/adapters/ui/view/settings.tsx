import { LANGUAGES } from "../text/parts.ts";
import { preferredLanguage, t } from "../text/text.ts";
import { lazy } from "./lazy.tsx";
import { usePage } from "./page.ts";
import {
  chosenLanguage,
  setLanguage,
  setSingleKeys,
  setTheme,
  singleKeys,
  THEMES,
  theme,
} from "./preferences.ts";
import type { Title } from "./title.ts";

const AccountSettings = lazy(
  "accounts",
  async () => (await import("../accounts/settings.tsx")).AccountSettings,
);
const Transfer = lazy("transfer", async () => (await import("../transfer/transfer.tsx")).Transfer);

/** What a person can choose about the page; of this browser. */
export function Settings({ title, part }: { readonly title: Title; readonly part: string }) {
  const page = usePage();
  const hasAccount = page.work.root.value?._links.me !== undefined;
  return (
    <>
      <div class="main-head">
        <h1 ref={title.ref} tabIndex={-1}>
          {title.text}
        </h1>
      </div>
      <div class="settings">
        {hasAccount && <AccountSettings work={page.work} part={part} />}
        {(part === "" || !hasAccount) && (
          <>
            <ThemeChoice />
            <LanguageChoice />
            <KeysChoice />
            <Data />
            <Transfer />
          </>
        )}
      </div>
    </>
  );
}

function ThemeChoice() {
  return (
    <fieldset class="choice section">
      <legend>{t("settings.theme")}</legend>
      {THEMES.map((name) => (
        <label key={name}>
          <input type="radio" name="theme" checked={theme.value === name} onChange={() => setTheme(name)} />
          {t(`settings.theme.${name}`)}
        </label>
      ))}
    </fieldset>
  );
}

/** A language in its own words, so that it is found by those who speak it. */
function nameOf(language: string): string {
  return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
}

function LanguageChoice() {
  const browsers = nameOf(preferredLanguage());
  return (
    <fieldset class="choice section">
      <legend>{t("settings.language")}</legend>
      <label>
        <input
          type="radio"
          name="language"
          checked={chosenLanguage.value === undefined}
          onChange={() => setLanguage(undefined)}
        />
        {t("settings.language.browser", { language: browsers })}
      </label>
      {LANGUAGES.map((language) => (
        <label key={language}>
          <input
            type="radio"
            name="language"
            checked={chosenLanguage.value === language}
            onChange={() => setLanguage(language)}
          />
          <span lang={language}>{nameOf(language)}</span>
        </label>
      ))}
    </fieldset>
  );
}

function KeysChoice() {
  return (
    <fieldset class="choice section">
      <legend>{t("settings.keys")}</legend>
      <label>
        <input
          type="checkbox"
          checked={singleKeys.value}
          aria-describedby="settings-keys"
          onChange={(event) => setSingleKeys(event.currentTarget.checked)}
        />
        {t("settings.keys.single")}
      </label>
      <p id="settings-keys" class="quiet small">
        {t("settings.keys.explain")}
      </p>
    </fieldset>
  );
}

function Data() {
  const page = usePage();
  return (
    <section class="section">
      <h2>{t("settings.data")}</h2>
      <p class="quiet">{t("settings.about")}</p>
      <div class="bar">
        <button type="button" class="button" onClick={() => (page.dialog.value = { name: "recent" })}>
          {t("settings.recent")}
        </button>
        <button type="button" class="button" onClick={() => (page.dialog.value = { name: "sync" })}>
          {t("sync.title")}
        </button>
      </div>
    </section>
  );
}
