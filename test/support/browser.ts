import { type Browser, chromium, type Page } from "playwright-core";

const PROGRAMS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

/** Only this machine can be reached: a page that needs the internet fails at once. */
const NETWORK_CUT = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1";
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A Chromium: the one that `CHROMIUM` names, else one of the usual names in PATH. */
const CHROMIUM =
  process.env.CHROMIUM || PROGRAMS.map((name) => Bun.which(name)).find((path) => path !== null);

/** Whether to run what needs a browser. In CI a missing one is a failure, by {@link launched}. */
export const HAS_BROWSER = CHROMIUM !== undefined || process.env.CI === "true";

/** @param namesHere names that resolve to 127.0.0.1 @throws Error if there is no Chromium */
export async function launched(namesHere: readonly string[] = []): Promise<Browser> {
  if (!CHROMIUM) throw new Error("There is no Chromium; install it or set CHROMIUM.");
  const rules = [...namesHere.map((name) => `MAP ${name} 127.0.0.1`), NETWORK_CUT].join(", ");
  return chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, `--host-resolver-rules=${rules}`] });
}

/** A page's violations. */
export interface Misdeeds {
  /** Addresses outside of the page's origin that it asked for; none of them was let through. */
  readonly foreignRequests: string[];
  /** Errors and warnings of the console, uncaught errors, and violations of the content security policy. */
  readonly complaints: string[];
}

export const NO_MISDEEDS: Misdeeds = { foreignRequests: [], complaints: [] };

/** Watches a page from its first request on. @param origin the only one it may ask */
export async function watched(page: Page, origin: string): Promise<Misdeeds> {
  const misdeeds: Misdeeds = { foreignRequests: [], complaints: [] };
  await page.route(
    (url) => url.protocol !== "data:" && url.origin !== origin,
    async (route) => {
      misdeeds.foreignRequests.push(route.request().url());
      await route.abort();
    },
  );
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") misdeeds.complaints.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.complaints.push(error.message));
  await page.addInitScript(`addEventListener("securitypolicyviolation", (event) =>
    console.error("policy violated: " + event.violatedDirective + " " + event.blockedURI));`);
  return misdeeds;
}

/** By how many CSS pixels the page is wider than its window. */
export function overhang(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - window.innerWidth");
}
