import { render } from "preact";
import "./style/page.css";
import { followPicture } from "./picture/follow.ts";
import { checkForUpdate, keepUpToDate, leftBehind } from "./shell/updates.ts";
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
  followPicture(work);
  const left = leftBehind();
  if (left !== null) import("./shell/returning.ts").then(({ putBack }) => putBack(left), console.error);
  // Without a copy in the browser, what is not sent is nowhere but in this page.
  keepUpToDate(() => work.limits.peek().copy && work.queue.peek().length > 0).catch(console.error);
  // A service that comes back may be a newer one.
  work.connection.subscribe((now) => {
    if (now === "online") checkForUpdate();
  });
}
