import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { journey, type Person, person, world } from "./support.ts";

const here = world();

const { post: made } = servedRows(() => here.service.url);

interface Case {
  readonly list: string;
  readonly path: string;
  readonly visitor: Person;
}

/** A list with one task that has notes, open on a page. */
async function opened(name: string): Promise<Case & AsyncDisposable> {
  const list = await made("/checklists", { name });
  const id = await made(`/tasks?checklist=${list}`, { todo: "Book a room", description: "With a view" });
  const visitor = await person(here.browser, here.service.url, { path: `/#/list/${list}` });
  await row(visitor.page, "Book a room").waitFor();
  return {
    list,
    path: `/tasks/${id}?checklist=${list}`,
    visitor,
    [Symbol.asyncDispose]: () => visitor[Symbol.asyncDispose](),
  };
}

async function asked(method: string, path: string, body?: object): Promise<void> {
  const headers = { "content-type": "application/merge-patch+json" };
  const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) };
  const answer = await fetch(here.service.url + path, init);
  expect(answer.ok).toBe(true);
}

async function stored(path: string): Promise<Readonly<Record<string, unknown>>> {
  return (await (await fetch(here.service.url + path)).json()) as Record<string, unknown>;
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

async function saved(page: Page): Promise<void> {
  await page.locator(".side .sync[data-kind=saved]").waitFor();
}

/** The task, with something that is changed and kept. */
async function changedHere(page: Page): Promise<void> {
  await row(page, "Book a room").focus();
  await page.keyboard.press("p");
  await page.getByRole("option", { name: "High" }).click();
  await page.getByRole("row").getByText("High").waitFor();
  await saved(page);
}

/** The notes of the task, as they are being written. */
async function notes(page: Page) {
  await row(page, "Book a room").click({ position: { x: 60, y: 12 } });
  await page.keyboard.press("o");
  await page.getByRole("button", { name: "Edit the notes" }).click();
  return page.getByLabel("Notes").last();
}

/** The text of the task, as it is being written in its row. */
async function inRow(page: Page) {
  await row(page, "Book a room").dblclick({ position: { x: 60, y: 12 } });
  return page.getByLabel("Text of the task");
}

journey(
  "notes that are being written are kept when the person goes back; notes only looked at stay",
  async () => {
    await using at = await opened("Back");
    const { page } = at.visitor;
    await (await notes(page)).fill("With a bath");
    await page.goBack();
    await page.getByText("Changed “Book a room”").first().waitFor();
    await saved(page);
    expect(await stored(at.path)).toMatchObject({ description: "With a bath" });
    await notes(page);
    await page.goBack();
    await page.locator(".details").waitFor({ state: "detached" });
    await changedHere(page);
    expect(await stored(at.path)).toMatchObject({ description: "With a bath", priority: "high" });
  },
);

journey("notes that are left as soon as they are written are kept and shown", async () => {
  await using at = await opened("Quick");
  const { page } = at.visitor;
  await page.locator("#add").fill("Without notes");
  await page.locator("#add").press("Enter");
  await row(page, "Without notes").click({ position: { x: 60, y: 12 } });
  await page.keyboard.press("o");
  await page.getByLabel("Notes, with Markdown").evaluate((field) => {
    const area = field as unknown as { value: string; blur(): void; focus(): void };
    area.focus();
    area.value = "**Quick**";
    area.blur();
  });
  await page.locator(".markdown strong").waitFor();
});

journey("a text that is being written in its row is kept when the row leaves the screen", async () => {
  await using at = await opened("Left");
  const { page } = at.visitor;
  await (await inRow(page)).fill("Book two rooms");
  await asked("PATCH", at.path, { status: "completed" });
  await page.getByText("Changed “Book two rooms”").first().waitFor();
  await saved(page);
  expect(await stored(at.path)).toMatchObject({ todo: "Book two rooms", status: "completed" });
});

journey(
  "what is being written when the task is deleted somewhere else is shown, to be used elsewhere",
  async () => {
    await using at = await opened("Gone");
    const { page } = at.visitor;
    await (await notes(page)).fill("With a bath\nand a view");
    await asked("DELETE", at.path);
    await page.getByText("It no longer exists. You wrote: With a bath").waitFor();
    const next = await made(`/tasks?checklist=${at.list}`, { todo: "Book a room" });
    await (await inRow(page)).fill("Book two rooms");
    await asked("DELETE", `/tasks/${next}?checklist=${at.list}`);
    await page.getByText("It no longer exists. You wrote: Book two rooms").waitFor();
  },
);

journey("notes that the browser can't store stay in their field", async () => {
  await using at = await opened("Full");
  const { page } = at.visitor;
  const field = await notes(page);
  await field.fill("With a bath");
  await page.evaluate(
    `IDBObjectStore.prototype.put = () => { throw new DOMException("full", "QuotaExceededError"); }`,
  );
  await page.locator("#add").focus();
  await page.getByText("This browser’s storage is full or unavailable.").first().waitFor();
  expect(await field.inputValue()).toBe("With a bath");
});

journey(
  "the line of a new task stays when its list is deleted somewhere else, and when the page is loaded again",
  async () => {
    await using at = await opened("Line");
    const { page } = at.visitor;
    const line = page.locator("#add");
    await line.fill("Half a thought");
    await asked("DELETE", `/checklists/${at.list}`);
    await line.waitFor({ state: "detached" });
    await page.getByRole("link", { name: /Inbox/ }).click();
    expect(await line.inputValue()).toBe("Half a thought");
    for (const screen of [/Inbox/, "Settings"]) {
      await page.getByRole("link", { name: screen }).click();
      await page.reload();
      await page.getByRole("link", { name: /Inbox/ }).click();
      await page.locator(".add").getByRole("button", { name: "Add" }).waitFor();
      expect(await line.inputValue()).toBe("Half a thought");
    }
    await line.press("Enter");
    await row(page, "Half a thought").waitFor();
    await saved(page);
    await page.reload();
    await row(page, "Half a thought").waitFor();
    expect(await line.inputValue()).toBe("");
  },
);

journey("before the page goes with notes that are being written, the browser asks", async () => {
  await using at = await opened("Asked");
  const { page } = at.visitor;
  const field = await notes(page);
  await field.press("End");
  await field.pressSequentially(" and a bath");
  const asks = page.waitForEvent("dialog");
  await page.evaluate("void setTimeout(() => location.reload())");
  const question = await asks;
  expect(question.type()).toBe("beforeunload");
  await question.dismiss();
  expect(await field.inputValue()).toBe("With a view and a bath");
  await field.press("Control+Enter");
  await page.getByText("Changed “Book a room”").first().waitFor();
  await saved(page);
  const loaded = page.waitForEvent("load");
  await page.evaluate("void setTimeout(() => location.reload())");
  await loaded;
  expect(await stored(at.path)).toMatchObject({ description: "With a view and a bath" });
});

journey("who goes on writing while a text is being kept is not asked about it", async () => {
  await using at = await opened("Going on");
  const { page } = at.visitor;
  const field = await notes(page);
  await field.fill("With a bath");
  // Before the page has heard that it is kept.
  await page.evaluate(`{
    const field = document.activeElement;
    const keys = { key: "Enter", ctrlKey: true, bubbles: true };
    field.dispatchEvent(new KeyboardEvent("keydown", keys));
    field.value += " and a view";
  }`);
  await page.getByText("Changed “Book a room”").first().waitFor();
  await saved(page);
  await field.press("Control+Enter");
  while ((await stored(at.path)).description !== "With a bath and a view") {
    const sync = await page.locator(".side .sync").innerText();
    expect(sync).not.toContain("not sent");
  }
});

journey(
  "first notes go on being written while somebody else adds notes; both are shown to choose between",
  async () => {
    await using at = await opened("First notes");
    const { page } = at.visitor;
    await asked("PATCH", at.path, { description: null });
    await row(page, "Book a room").getByText("Has notes").waitFor({ state: "detached" });
    await row(page, "Book a room").click({ position: { x: 60, y: 12 } });
    await page.locator("[role=row]:focus").waitFor();
    await page.getByLabel("Notes").last().pressSequentially("With a");
    await asked("PATCH", at.path, { description: "With a view" });
    await row(page, "Book a room").getByText("Has notes").waitFor();
    await page.keyboard.type(" bath");
    await page.keyboard.press("Control+Enter");
    await page.locator(".side .sync").filter({ hasText: "not sent" }).click();
    await page.getByRole("button", { name: "Compare" }).click();
    const sides = page.getByRole("dialog", { name: /was changed in two places/ }).locator(".value");
    await sides.first().waitFor();
    expect(await sides.allInnerTexts()).toEqual(["With a bath", "With a view"]);
  },
);
