import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { journey, type Person, person, pressesWhen, underWorker, world } from "./support.ts";

const here = world();

const { post: made } = servedRows(() => here.service.url);

/** As somebody else does it. */
async function asked(method: string, path: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const answer = await fetch(here.service.url + path, init);
  expect(answer.ok).toBe(true);
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

/** A list with these tasks, open on a page. */
async function opened(name: string, todos: readonly string[]) {
  const list = await made("/checklists", { name });
  const ids: string[] = [];
  for (const todo of todos) ids.push(await made(`/tasks?checklist=${list}`, { todo }));
  const visitor: Person = await person(here.browser, here.service.url, { path: `/#/list/${list}` });
  for (const todo of todos) await row(visitor.page, todo).waitFor();
  const path = (index: number) => `/tasks/${ids[index]}?checklist=${list}`;
  return { list, ids, path, visitor, [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose]() };
}

journey(
  "a dialog about a list that is deleted somewhere else closes, and the keys are the page's again",
  async () => {
    await using at = await opened("Ending", []);
    const { page } = at.visitor;
    await page.getByRole("button", { name: "Rename" }).first().click();
    await page.getByRole("dialog", { name: "Rename" }).waitFor();
    await pressesWhen(page, "document.querySelector('dialog') === null", "?");
    await asked("DELETE", `/checklists/${at.list}`);
    await page.getByRole("dialog", { name: "Rename" }).waitFor({ state: "detached" });
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
  },
);

journey("what is chosen for several tasks is done to those that are left", async () => {
  await using at = await opened("Several", ["one", "two", "three"]);
  const { page } = at.visitor;
  await row(page, "one").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("p");
  await page.getByRole("dialog", { name: /3 tasks/ }).waitFor();
  await asked("DELETE", at.path(1));
  await page.getByRole("dialog", { name: /2 tasks/ }).waitFor();
  await page.getByRole("option", { name: "High" }).click();
  await row(page, "one").getByText("High").waitFor();
  await row(page, "three").getByText("High").waitFor();
});

journey("a task that was moved in two places: the lists are named, to choose between them", async () => {
  await using at = await opened("Start", ["moved"]);
  await made("/checklists", { name: "Own" });
  const other = await made("/checklists", { name: "Other" });
  const { page, context } = at.visitor;
  await underWorker(page);
  await page.locator(".side").getByText("Other").waitFor();
  await page.locator(".side").getByText("Own").waitFor();
  await context.setOffline(true);
  await row(page, "moved").focus();
  await page.keyboard.press("m");
  await page.getByRole("option", { name: "Own" }).click();
  await page.locator(".side .sync").filter({ hasText: "1 change not sent" }).waitFor();
  await asked("PATCH", at.path(0), { checklist: other });
  await context.setOffline(false);
  await page.locator(".side .sync").filter({ hasText: "not sent" }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  const dialog = page.getByRole("dialog", { name: /was changed in two places/ });
  await dialog.waitFor();
  expect(await dialog.getByRole("group").innerText()).toContain("List");
  expect(await dialog.locator(".value").allInnerTexts()).toEqual(["Own", "Other"]);
});

journey("a text goes on being written in its row while others reorder the list", async () => {
  await using at = await opened("Reordered", ["one", "two", "three"]);
  const { page } = at.visitor;
  await row(page, "two").dblclick({ position: { x: 60, y: 12 } });
  const field = page.getByLabel("Text of the task");
  await field.waitFor();
  const first = page.locator("[role=row]").first();
  await page.keyboard.type(" is");
  await asked("PATCH", at.path(2), { position: { after: null, before: at.ids[0] } });
  await first.filter({ hasText: "three" }).waitFor();
  await page.keyboard.type(" be");
  await asked("PATCH", at.path(1), { position: { after: null, before: at.ids[2] } });
  await first.filter({ has: field }).waitFor();
  await page.keyboard.type("ing");
  expect(await field.inputValue()).toBe("two is being");
});

journey("what is typed on when the row has gone is no command", async () => {
  await using at = await opened("Typed on", ["one", "two"]);
  const { page } = at.visitor;
  await row(page, "one").focus();
  await page.keyboard.press("p");
  await page.getByRole("option", { name: "High" }).click();
  await row(page, "one").getByText("High").waitFor();
  await row(page, "two").dblclick({ position: { x: 60, y: 12 } });
  const field = page.getByLabel("Text of the task");
  await field.fill("two pi");
  await asked("PATCH", at.path(1), { status: "completed" });
  await field.waitFor({ state: "detached" });
  await page.keyboard.type("zza?");
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  expect(await page.getByRole("dialog").count()).toBe(0);
  expect(await row(page, "one").innerText()).toContain("High");
});
