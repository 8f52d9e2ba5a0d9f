import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { journey, LAN_HOST, person, world } from "./support.ts";

const here = world();
const NO_COPY = "This browser keeps no copy.";
const NO_TABS = "each tab works on its own";
const NO_START = "you can’t open the page without a connection";
const SAFE = "These changes are safe in this browser.";

/** What the page says of what is not sent, and of what this browser can't do. */
async function said(page: Page): Promise<string> {
  await page.locator(".side .sync").click();
  const dialog = page.getByRole("dialog", { name: "Unsent changes" });
  await dialog.getByText("Sent from this browser").waitFor();
  const text = await dialog.innerText();
  await page.keyboard.press("Escape");
  return text;
}

async function addedOffline(page: Page): Promise<void> {
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  // What shows it is here then: without a connection, and without a worker, it would not come.
  await said(page);
  await page.context().setOffline(true);
  await page.locator("#add").fill("Made offline");
  await page.locator("#add").press("Enter");
  await page.locator(".side .sync[data-kind=unsent]").waitFor();
}

journey(
  "a browser that can do everything is told of no limit, and that what is not sent is safe",
  async () => {
    await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
    await addedOffline(someone.page);
    const text = await said(someone.page);
    for (const limit of [NO_COPY, NO_TABS, NO_START]) expect(text).not.toContain(limit);
    expect(text).toContain(SAFE);
  },
);

journey(
  "over plain HTTP the page says that tabs work on their own, and that it needs a connection to open",
  async () => {
    const url = here.service.url.replace("127.0.0.1", LAN_HOST);
    await using someone = await person(here.browser, url, { path: "/#/inbox" });
    await addedOffline(someone.page);
    const text = await said(someone.page);
    for (const limit of [NO_TABS, NO_START, SAFE]) expect(text).toContain(limit);
    expect(text).not.toContain(NO_COPY);
  },
);

journey(
  "a browser that refuses to keep anything: the page works, and says what closing it would lose",
  async () => {
    await using someone = await person(here.browser, here.service.url, { path: undefined });
    const { page } = someone;
    await page.addInitScript(`IDBFactory.prototype.open = () => {
    throw new DOMException("Not here.", "SecurityError");
  };`);
    await page.goto(`${here.service.url}/#/inbox`);
    await addedOffline(page);
    const text = await said(page);
    expect(text).toContain(NO_COPY);
    expect(text).not.toContain(SAFE);
  },
);
