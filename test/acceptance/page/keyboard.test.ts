import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { comesTrue, journey, person, world } from "./support.ts";

const here = world();

/** What the service has, in the order of the list. */
async function stored(path = "/tasks"): Promise<readonly Record<string, unknown>[]> {
  const response = await fetch(here.service.url + path);
  const { _embedded } = (await response.json()) as { _embedded: { tasks: Record<string, unknown>[] } };
  return _embedded.tasks.toSorted((a, b) => (String(a.rank) < String(b.rank) ? -1 : 1));
}

/** Resolves when nothing is left to be sent. */
async function saved(page: Page): Promise<void> {
  await page.locator(".side .sync[data-kind=saved]").waitFor();
}

/** What has the focus: the text of a row, else what its role and name are. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  return at.querySelector(".row-todo")?.textContent ?? at.getAttribute("aria-label") ?? at.tagName;
})()`;

/** A dialog that closes gives the focus back with the next frame. */
function focusComes(page: Page, name: string): Promise<void> {
  return comesTrue(page, `${FOCUSED} === ${JSON.stringify(name)}`);
}

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

journey(
  "by keyboard alone, from an empty page: add, edit, order, complete, due, label, priority, move, delete, undo",
  async () => {
    await using visitor = await person(here.browser, here.service.url);
    const { page } = visitor;
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    // A newcomer is already in the field, once the service has said that there is nothing.
    await page.locator("#add:focus").waitFor();
    await focusComes(page, "Add a task to Inbox");
    for (const todo of ["Buy milk", "Call Ada", "Pay rent"]) {
      await page.keyboard.type(todo);
      await press(page, "Enter");
      await row(page, todo).waitFor();
    }
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await press(page, "ArrowDown");
    await focusComes(page, "Buy milk");

    await press(page, "j", "e");
    await page.keyboard.type(" about the roof");
    await press(page, "Enter");
    await row(page, "Call Ada about the roof").waitFor();
    await focusComes(page, "Call Ada about the roof");

    await press(page, "Alt+ArrowUp");
    await page.getByText("“Call Ada about the roof” is now 1 of 3", { exact: true }).waitFor();
    await focusComes(page, "Call Ada about the roof");

    await press(page, "d");
    await page.getByRole("option", { name: /Tomorrow/ }).waitFor();
    await page.keyboard.type("tom");
    await press(page, "Enter");
    await row(page, "Call Ada about the roof").getByText("Tomorrow").waitFor();
    await focusComes(page, "Call Ada about the roof");

    await press(page, "l");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("home");
    await press(page, "Enter", "Escape");
    await row(page, "Call Ada about the roof").getByText("home").waitFor();

    await press(page, "p");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("high");
    await press(page, "Enter");
    await row(page, "Call Ada about the roof").getByText("High priority").waitFor();

    await press(page, "ControlOrMeta+k");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("new list");
    await press(page, "Enter");
    await page.getByLabel("Name of the new list").waitFor();
    await page.keyboard.type("Home");
    await press(page, "Enter");
    await page.getByRole("heading", { name: "Home" }).waitFor();
    await focusComes(page, "H1");

    await press(page, "g", "i");
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    await press(page, "j", "m");
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await page.getByRole("option", { name: "Home" }).waitFor();
    await page.keyboard.type("home");
    await press(page, "Enter");
    await row(page, "Call Ada about the roof").waitFor({ state: "detached" });
    // The focus comes to the row that took its place.
    await page.locator("[role=row]:focus").filter({ hasText: "Buy milk" }).waitFor();

    await press(page, "Space");
    await row(page, "Buy milk").waitFor({ state: "detached" });
    await focusComes(page, "Pay rent");
    await press(page, "Delete");
    await row(page, "Pay rent").waitFor({ state: "detached" });
    await focusComes(page, "H1");
    await press(page, "z");
    await row(page, "Pay rent").waitFor();
    await saved(page);

    expect(await stored()).toMatchObject([
      { todo: "Buy milk", status: "completed" },
      { todo: "Pay rent", status: "pending" },
    ]);
    const lists = (await (await fetch(`${here.service.url}/checklists`)).json()) as {
      _embedded: { checklists: { name: string; _links: { tasks: { href: string } } }[] };
    };
    const home = lists._embedded.checklists.find(({ name }) => name === "Home");
    const tasks = await stored(
      new URL(home?._links.tasks.href ?? "").pathname + new URL(home?._links.tasks.href ?? "").search,
    );
    expect(tasks).toMatchObject([
      { todo: "Call Ada about the roof", priority: "high", labels: ["home"], dueDate: expect.any(String) },
    ]);
  },
);

journey("Esc goes back one level at a time, and the focus is where it was", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await page.locator("#add").waitFor();
  await page.locator("h1").focus();
  await press(page, "n");
  await page.keyboard.type("Level");
  await press(page, "Enter");
  await row(page, "Level").waitFor();
  await press(page, "Escape", "Home");
  const first = await page.evaluate<string>(FOCUSED);
  await press(page, "x", "o");
  const details = page.getByRole("complementary", { name: "Details of the task" });
  await details.waitFor();
  await press(page, "o");
  await focusComes(page, "Task");
  await press(page, "Escape");
  await details.waitFor({ state: "detached" });
  await focusComes(page, first);
  await page.getByRole("region", { name: "Selected tasks" }).waitFor();
  await press(page, "Escape");
  await page.getByRole("region", { name: "Selected tasks" }).waitFor({ state: "detached" });
  await press(page, "?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await press(page, "Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.locator("[role=row]:focus").waitFor();
  await focusComes(page, first);
});

journey("keys without Ctrl can be switched off, and are text in fields", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/settings" });
  const { page } = visitor;
  await page.getByLabel("Keys without Ctrl or Alt").uncheck();
  await page.keyboard.press("Tab");
  await press(page, "g", "i", "?");
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(new URL(page.url()).hash).toBe("#/settings");
  await press(page, "ControlOrMeta+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("xjk?");
  expect(await page.getByRole("combobox").inputValue()).toBe("xjk?");
});

journey("a line with a day, a priority and labels shows chips; one taken away stays text", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await page.locator("#add").click();
  await page.keyboard.type("Send the invoice tomorrow !high #office #later");
  const chips = page.locator(".chip");
  await chips.nth(3).waitFor();
  expect(await chips.allInnerTexts()).toEqual(["Tomorrow", "High", "office", "later"]);
  await page.getByRole("button", { name: "Keep “#later” as text" }).click();
  await chips.nth(3).waitFor({ state: "detached" });
  await press(page, "Enter");
  await row(page, "Send the invoice #later").getByText("Tomorrow").waitFor();
  await saved(page);
  const made = (await stored()).find(({ todo }) => todo === "Send the invoice #later");
  expect(made).toMatchObject({ priority: "high", labels: ["office"], dueDate: expect.any(String) });
});
