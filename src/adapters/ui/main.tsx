import { render } from "preact";
import "./style/page.css";
import { keepUpToDate } from "./shell/updates.ts";
import { loadTexts } from "./text/text.ts";
import { App } from "./view/app.tsx";
import { recalledPreferences, showLanguage } from "./view/preferences.ts";

const place = document.getElementById("app");
if (place) {
  await showLanguage(recalledPreferences());
  await loadTexts("first");
  render(<App work={undefined} />, place);
}
keepUpToDate(() => false).catch(console.error);
