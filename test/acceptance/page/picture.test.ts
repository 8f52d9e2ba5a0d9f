import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { journey, type Person, person, world } from "./support.ts";

const here = world();

/** Notes how the picture is when it comes: the page's scripts have not run by then. */
const WATCHED = `new MutationObserver((_, observer) => {
  const picture = document.getElementById("picture");
  if (picture === null) return;
  observer.disconnect();
  window.seen = {
    text: picture.textContent,
    rows: picture.querySelectorAll(".row").length,
    inert: picture.inert,
    isHidden: picture.getAttribute("aria-hidden"),
    page: document.querySelector("#app > *"),
  };
}).observe(document, { subtree: true, childList: true })`;

interface Seen {
  readonly text: string;
  readonly rows: number;
}

async function opened(): Promise<Person> {
  const someone = await person(here.browser, here.service.url, { path: undefined });
  await someone.context.addInitScript(WATCHED);
  await someone.page.goto(`${here.service.url}/#/inbox`);
  return someone;
}

async function added(page: Page, todo: string): Promise<void> {
  await page.locator("#add").fill(todo);
  await page.locator("#add").press("Enter");
  await page.getByRole("row").filter({ hasText: todo }).waitFor();
}

/** Resolves when what was kept last has the text. */
function kept(page: Page, text: string): Promise<unknown> {
  const holds = `localStorage.getItem("todos:picture")?.includes(${JSON.stringify(text)})`;
  return page.evaluate(
    `new Promise((resolve) => {
      const look = () => (${holds} ? resolve() : setTimeout(look, 20));
      look();
    })`,
  );
}

function seen(page: Page): Promise<Seen | undefined> {
  return page.evaluate<Seen | undefined>("window.seen");
}

function live(page: Page, todo: string): Promise<void> {
  return page.locator("#app").getByRole("row").filter({ hasText: todo }).waitFor();
}

journey("what was seen last is there before the page's scripts run, and gives way to the page", async () => {
  await using someone = await opened();
  const { page } = someone;
  await added(page, "Water the <b>plants</b>");
  await kept(page, "Water the");
  await page.reload();
  await live(page, "Water the <b>plants</b>");
  expect(await seen(page)).toMatchObject({
    text: expect.stringContaining("Water the <b>plants</b>"),
    rows: 1,
    inert: true,
    isHidden: "true",
    page: null,
  });
  await page.locator("#picture").waitFor({ state: "detached" });
});

journey("what is typed is not in the picture, nor what is open over the page", async () => {
  await using someone = await opened();
  const { page } = someone;
  await page.locator("#add").fill("Half a thought");
  await page.locator("#add").press("Escape");
  await page.locator("#add").fill("Another one");
  await kept(page, "side-link");
  expect(await page.evaluate<string>(`localStorage.getItem("todos:picture")`)).not.toMatch(
    /Half a|Another one/,
  );
});

journey("another screen, another person's copy or the styles of another build have no picture", async () => {
  await using someone = await opened();
  const { page } = someone;
  await added(page, "Buy bread");
  await kept(page, "Buy bread");
  const { hash, ...rest } = JSON.parse(await page.evaluate<string>(`localStorage.getItem("todos:picture")`));
  for (const [other, isShown] of [
    [{}, true],
    [{ hash: "#/today" }, false],
    [{ copy: "somebody else's" }, false],
    [{ styles: "page/main-00000000.css" }, false],
  ] as const) {
    const picture = JSON.stringify(JSON.stringify({ hash, ...rest, ...other }));
    // Set last: the page keeps another one while it closes.
    await page.addInitScript(`localStorage.setItem("todos:picture", ${picture})`);
    await page.reload();
    await live(page, "Buy bread");
    expect([other, (await seen(page)) !== undefined]).toEqual([other, isShown]);
  }
});

journey("of a long list, the rows in sight are in the picture", async () => {
  await using someone = await opened();
  const { page } = someone;
  const names = Array.from({ length: 120 }, (_, at) => `Errand ${at}`);
  const { post } = servedRows(() => here.service.url);
  await Promise.all(names.map((todo) => post("/tasks", { todo })));
  await page.locator("[role=grid][aria-rowcount='122']").waitFor();
  await page.locator(".row-place").first().waitFor();
  await kept(page, "Errand");
  await page.reload();
  await page.locator(".row-place").first().waitFor();
  const rows = (await seen(page))?.rows ?? 0;
  expect([rows > 10, rows < 40]).toEqual([true, true]);
});
