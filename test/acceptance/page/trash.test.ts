import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { accessProblems, journey, person, picture, world } from "./support.ts";

const here = world();

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

async function added(page: Page, ...todos: readonly string[]): Promise<void> {
  for (const todo of todos) {
    await page.locator("#add").fill(todo);
    await page.locator("#add").press("Enter");
    await row(page, todo).waitFor();
  }
}

async function saved(page: Page): Promise<void> {
  await page.locator(".side .sync[data-kind=saved]").waitFor();
}

async function todosOf(path: string): Promise<readonly string[]> {
  const answer = await fetch(here.service.url + path, { headers: { accept: "application/x-ndjson" } });
  const lines = (await answer.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => String(JSON.parse(line).todo));
}

journey(
  "what was deleted is in the trash: tasks and lists are restored from there, or go for good",
  async () => {
    await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
    const { page } = visitor;
    await page.getByRole("heading", { name: "Inbox" }).waitFor();
    await added(page, "Keep me", "Throw me away", "Restore me");
    // What is deleted before it was sent is nowhere.
    await saved(page);
    for (const todo of ["Throw me away", "Restore me"]) {
      await row(page, todo).focus();
      await page.keyboard.press("Delete");
      await row(page, todo).waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "New list" }).click();
    await page.getByLabel("Name of the new list").fill("Cellar");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Cellar" }).waitFor();
    await added(page, "Paint the wall");
    await page.getByRole("button", { name: "Move the list “Cellar” to the trash" }).click();
    await page.getByText("Move “Cellar” with its open task to the trash?").waitFor();
    await page.getByRole("button", { name: "Move to the trash", exact: true }).click();
    await page.getByRole("link", { name: /Cellar/ }).waitFor({ state: "detached" });
    await saved(page);

    await page.getByRole("link", { name: "Trash" }).click();
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await page.getByText("Throw me away").waitFor();
    expect(await accessProblems(page)).toEqual([]);
    await picture(page, "trash-full");
    // No key reaches tasks that are not on the screen.
    for (const key of ["ControlOrMeta+a", "j", "Space", "Delete"]) await page.keyboard.press(key);
    await page.getByRole("button", { name: "Restore “Restore me”" }).click();
    await page.getByText("Restored “Restore me”.").waitFor();
    await page.getByRole("button", { name: "Delete for good: “Throw me away”", exact: true }).click();
    await page.getByRole("button", { name: "Really? You can’t restore “Throw me away” afterwards." }).click();
    await page.getByText("“Throw me away” is gone for good.").waitFor();
    expect(await page.evaluate<string>("document.activeElement.tagName")).toBe("H1");
    await page.getByText("No deleted tasks in this list.").waitFor();
    await page.getByLabel("Deleted tasks of").selectOption({ label: "Lists" });
    await page.getByRole("button", { name: "Restore “Cellar”" }).click();
    await page.getByRole("link", { name: /Cellar/ }).click();
    await row(page, "Paint the wall").waitFor();
    await page.getByRole("link", { name: /^Inbox/ }).click();
    await row(page, "Restore me").waitFor();
    expect(await todosOf("/tasks")).toEqual(["Keep me", "Restore me"]);
  },
);

journey("what is deleted comes into the open trash once the service knows of it", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await added(page, "Sent late");
  await saved(page);
  const release = Promise.withResolvers<void>();
  await page.route("**/tasks/*", async (route) => {
    if (route.request().method() === "DELETE") await release.promise;
    await route.continue();
  });
  await row(page, "Sent late").focus();
  await page.keyboard.press("Delete");
  await row(page, "Sent late").waitFor({ state: "detached" });
  const read = page.waitForResponse(/\/trash\?/);
  await page.getByRole("link", { name: "Trash" }).click();
  await (await read).finished();
  expect(await page.getByRole("listitem").filter({ hasText: "Sent late" }).count()).toBe(0);
  release.resolve();
  await page.getByRole("listitem").filter({ hasText: "Sent late" }).waitFor();
});

journey("an older act is taken back by its own button, and later ones stay", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await page.getByRole("heading", { name: "Inbox" }).waitFor();
  await added(page, "First act", "Second act");
  await row(page, "First act").focus();
  await page.keyboard.press("Space");
  await row(page, "First act").waitFor({ state: "detached" });
  await row(page, "Second act").focus();
  await page.keyboard.press("Delete");
  await row(page, "Second act").waitFor({ state: "detached" });
  await page.keyboard.press("ControlOrMeta+k");
  await page.getByRole("combobox").fill("recent changes");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Recent changes" });
  await dialog.getByRole("button", { name: "Undo “Completed “First act””" }).waitFor();
  expect(await accessProblems(page)).toEqual([]);
  await picture(page, "recent");
  await dialog.getByRole("button", { name: "Undo “Completed “First act””" }).click();
  await dialog
    .getByRole("listitem")
    .filter({ hasText: "Completed “First act”" })
    .getByText("undone")
    .waitFor();
  expect(await page.evaluate<string>("document.activeElement.closest('dialog')?.tagName")).toBe("DIALOG");
  await page.keyboard.press("Escape");
  await row(page, "First act").waitFor();
  expect(await row(page, "Second act").count()).toBe(0);
  await saved(page);
  expect(await todosOf("/tasks")).not.toContain("Second act");
});
