import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { comesTrue, journey, LAN_HOST, person, pressesWhen, world } from "./support.ts";

const here = world();

const { post } = servedRows(() => here.service.url);

const ROWS = `[...document.querySelectorAll("[role=row] .row-todo")].map((each) => each.textContent).join()`;
const FOCUS = `document.activeElement.querySelector(".row-todo")?.textContent`;
const at = (screen: string) => `location.hash === "#/${screen}"`;

/** Nothing is waited for between keys: what is pressed counts as when it was pressed. */
async function press(page: Page, keys: string): Promise<void> {
  for (const key of keys.split(" ")) await page.keyboard.press(key);
}

journey(
  "several tasks typed one after the other, without a pause after Enter: no letter goes astray",
  async () => {
    await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
    const { page } = someone;
    await page.locator("#add").focus();
    const texts = ["alpha tomorrow", "beta !high", "gamma #home", "delta", "epsilon", "zeta every day"];
    for (const text of texts) {
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
    }
    await page.keyboard.type("eta");
    await comesTrue(page, `${ROWS} === "alpha,beta,gamma,delta,epsilon,zeta"`);
    expect(await page.locator("#add").inputValue()).toBe("eta");
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await press(page, "Escape Home");
    await comesTrue(page, `${FOCUS} === "alpha"`);

    // Completed at once, taken back at once, and what was taken back is said.
    await press(page, "x j x Space z");
    await page.getByText("Undone: Completed 2 tasks").first().waitFor();
    await comesTrue(page, `${ROWS} === "alpha,beta,gamma,delta,epsilon,zeta"`);
    // Each key is about the rows as the keys before it leave them.
    await press(page, "Home Alt+ArrowDown Alt+ArrowDown Alt+ArrowDown Alt+ArrowUp j Delete Delete k");
    await comesTrue(page, `${ROWS} === "beta,gamma,alpha,zeta" && ${FOCUS} === "alpha"`);
    await press(page, "z z");
    await comesTrue(page, `${ROWS} === "beta,gamma,alpha,delta,epsilon,zeta"`);
    await page.reload();
    await comesTrue(page, `${ROWS} === "beta,gamma,alpha,delta,epsilon,zeta"`);
    await page.locator("#picture").waitFor({ state: "detached" });
    await press(page, "End");
    await comesTrue(page, `${FOCUS} === "zeta"`);
  },
);

journey(
  "tasks that are typed before what reads them is there are added in their order, each once",
  async () => {
    // Without a worker, which would have it already.
    const url = here.service.url.replace("127.0.0.1", LAN_HOST);
    await using someone = await person(here.browser, url, { path: "/#/inbox" });
    const { page } = someone;
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    const mayCome = Promise.withResolvers<void>();
    await page.route("**/page/*.js", async (route) => {
      await mayCome.promise;
      await route.continue();
    });
    await page.locator("#add").focus();
    for (const text of ["slow tomorrow", "then every day", "last"]) {
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Enter");
    }
    await page.keyboard.type("next");
    mayCome.resolve();
    await comesTrue(page, `${ROWS}.endsWith(",slow,then,last")`);
    expect(await page.locator("#add").inputValue()).toBe("next");
  },
);

journey("two keys lead to each screen, from each screen, and the focus is on its heading", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  const screens = [
    ["g t", "today"],
    ["g u", "upcoming"],
    ["g o", "overdue"],
    ["g u", "upcoming"],
    ["g t", "today"],
    ["g ,", "settings"],
    ["g #", "trash"],
    ["g i", "inbox"],
    ["g u", "upcoming"],
    ["g #", "trash"],
    ["g ,", "settings"],
  ] as const;
  for (const [keys, screen] of screens) {
    await press(page, keys);
    await comesTrue(page, `${at(screen)} && document.activeElement.tagName === "H1"`);
  }
});

journey("a key pressed as soon as a screen is there moves the focus from its heading, for good", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await page.locator("#add").fill("First of them");
  await page.locator("#add").press("Enter");
  await page.getByRole("row").first().waitFor();
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  await press(page, "Escape g t");
  await comesTrue(page, `${at("today")} && document.activeElement.tagName === "H1"`);
  await pressesWhen(page, `document.querySelector("h1")?.textContent === "Inbox" && ${FOCUSABLE_ROW}`, "j");
  await press(page, "g i");
  await comesTrue(page, "window.isPast === true");
  expect(await page.evaluate<string>("document.activeElement.getAttribute('role')")).toBe("row");
});

journey("a key pressed as soon as a dialog is closed moves the focus, for good", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  for (const todo of ["Upper one", "Lower one"]) {
    await page.locator("#add").fill(todo);
    await page.locator("#add").press("Enter");
    await page.getByRole("row").filter({ hasText: todo }).waitFor();
  }
  await page.getByRole("row").filter({ hasText: "Upper one" }).focus();
  await press(page, "p");
  await page.getByRole("dialog").waitFor();
  await pressesWhen(page, "document.querySelector('dialog') === null", "j");
  await press(page, "Escape");
  await comesTrue(page, "window.isPast === true");
  expect(await page.evaluate<string>(FOCUS)).toBe("Lower one");
});

journey("a name is selected as soon as its field is there: what is typed replaces it", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await post("/checklists", { name: "Before" });
  await page.locator(".side").getByText("Before").click();
  await page.evaluate(`void new MutationObserver((_, observer) => {
    if (document.querySelector("dialog input") === null) return;
    observer.disconnect();
    window.selectedFirst = String(getSelection());
  }).observe(document.body, { subtree: true, childList: true })`);
  await page.getByRole("button", { name: "Rename" }).first().click();
  await comesTrue(page, "window.selectedFirst === 'Before'");
});

journey(
  "a line typed right after the key that leads to it is all in it, also where no frame comes",
  async () => {
    await using someone = await person(here.browser, here.service.url, { path: "/#/trash" });
    const { page } = someone;
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await page.evaluate("void (window.requestAnimationFrame = () => 0)");
    await page.keyboard.type("nBuy bread");
    await page.locator("#add:focus").waitFor();
    expect(await page.locator("#add").inputValue()).toBe("Buy bread");
  },
);

const FOCUSABLE_ROW = `document.querySelector("[role=row]") !== null`;
