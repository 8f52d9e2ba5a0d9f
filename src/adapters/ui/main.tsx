import { render } from "preact";
import "./style/page.css";
import { keepUpToDate } from "./shell/updates.ts";
import { loadTexts } from "./text/text.ts";
import { App } from "./view/app.tsx";
import { recalledPreferences, showLanguage } from "./view/preferences.ts";
import { openWorkspace } from "./workspace/open.ts";

const place = document.getElementById("app");
if (place) {
  const work = openWorkspace();
  await showLanguage(recalledPreferences());
  await loadTexts("first");
  render(<App work={work} />, place);
}
keepUpToDate(() => false).catch(console.error);
