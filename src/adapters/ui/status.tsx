import { render } from "preact";
import "./style/status-page.css";
import { Status } from "./status/status.tsx";
import { loadTexts, preferredLanguage, useLanguage } from "./text/text.ts";

const place = document.getElementById("app");
const language = preferredLanguage();
document.documentElement.lang = language;
await useLanguage(language);
await loadTexts("status");
if (place) render(<Status />, place);
