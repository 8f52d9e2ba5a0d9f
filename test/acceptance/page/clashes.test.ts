import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import {
  accessProblems,
  DESKTOP,
  journey,
  type Person,
  PHONE,
  person,
  picture,
  TABLET,
  underWorker,
  WIDE,
  world,
} from "./support.ts";

const here = world();

const { post: made } = servedRows(() => here.service.url);

/** A task as the service has it; undefined if there is no such task. */
async function stored(id: string, list: string): Promise<Readonly<Record<string, unknown>> | undefined> {
  const answer = await fetch(addressOf(id, list));
  return answer.status === 404 ? undefined : ((await answer.json()) as Record<string, unknown>);
}

function addressOf(id: string, list: string): string {
  return `${here.service.url}/tasks/${id}?checklist=${list}`;
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

/** With all of the page kept in the browser, so that none of it is missed without a connection. */
async function opened(list: string): Promise<Person> {
  const made = await person(here.browser, here.service.url, { path: `/#/list/${list}` });
  await underWorker(made.page);
  return made;
}

async function edited(page: Page, todo: string, to: string): Promise<void> {
  await row(page, todo).dblclick({ position: { x: 60, y: 12 } });
  await page.getByLabel("Text of the task").fill(to);
  await page.keyboard.press("Enter");
  await row(page, to).waitFor();
}

async function saved(page: Page): Promise<void> {
  await page.locator(".side .sync[data-kind=saved]").waitFor();
}

/** The dialog in which the two sides stand, by way of what is not sent. */
async function compared(page: Page, name: string): Promise<void> {
  await page.locator(".side .sync").filter({ hasText: "not sent" }).click();
  await page.getByRole("listitem").filter({ hasText: name }).getByRole("button", { name: "Compare" }).click();
}

journey(
  "changed in two places: both stand side by side with when, nothing is overwritten, one is chosen",
  async () => {
    const list = await made("/checklists", { name: "Flat" });
    const id = await made(`/tasks?checklist=${list}`, { todo: "Call the landlord" });
    await using here1 = await opened(list);
    await using there = await opened(list);
    await row(here1.page, "Call the landlord").waitFor();
    await row(there.page, "Call the landlord").waitFor();
    await here1.context.setOffline(true);
    await edited(here1.page, "Call the landlord", "Call the landlord about the heating");
    await here1.page.keyboard.press("d");
    await here1.page.getByRole("option", { name: /Today/ }).click();
    await here1.page.locator(".side .sync").filter({ hasText: "1 change not sent" }).waitFor();
    await edited(there.page, "Call the landlord", "Write to the landlord");
    await saved(there.page);
    await here1.context.setOffline(false);
    await compared(here1.page, "Call the landlord");
    const dialog = here1.page.getByRole("dialog", { name: /was changed in two places/ });
    const mine = dialog.getByLabel(/^This browser, /);
    const theirs = dialog.getByLabel(/^Somewhere else, /);
    await mine.waitFor();
    expect(await dialog.locator(".value").allInnerTexts()).toEqual([
      "Call the landlord about the heating",
      "Write to the landlord",
    ]);
    expect(await dialog.innerText()).toContain("Before: Call the landlord");
    expect(await accessProblems(here1.page)).toEqual([]);
    for (const viewport of [PHONE, TABLET, DESKTOP, WIDE]) {
      for (const colorScheme of ["light", "dark"] as const) {
        await here1.page.emulateMedia({ colorScheme });
        await here1.page.setViewportSize(viewport);
        await picture(here1.page, `clash-${viewport.width}-${colorScheme}`);
      }
    }
    await here1.page.setViewportSize(DESKTOP);
    // What nobody else has changed went on; what both did waits.
    await there.page.getByRole("row").getByText("Today").waitFor();
    expect(await stored(id, list)).toMatchObject({
      todo: "Write to the landlord",
      dueDate: expect.any(String),
    });
    expect(await dialog.getByRole("button", { name: "Keep my choices" }).isDisabled()).toBe(true);
    await theirs.check();
    await mine.check();
    await here1.page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    await saved(here1.page);
    await row(there.page, "Call the landlord about the heating").waitFor();
    expect(await stored(id, list)).toMatchObject({ todo: "Call the landlord about the heating" });
  },
);

journey(
  "changed somewhere else while a person writes: what is written overwrites nothing, in the row, the details or the name",
  async () => {
    const list = await made("/checklists", { name: "Trip" });
    const id = await made(`/tasks?checklist=${list}`, { todo: "Book a room", description: "With a view" });
    const changed = async (path: string, to: object) => {
      const headers = { "content-type": "application/merge-patch+json" };
      const init = { method: "PATCH", headers, body: JSON.stringify(to) };
      expect((await fetch(here.service.url + path, init)).status).toBe(200);
    };
    const path = `/tasks/${id}?checklist=${list}`;
    await using person1 = await opened(list);
    const { page } = person1;
    const isTold = (what: string) => page.getByText(what, { exact: true }).first().waitFor();
    await row(page, "Book a room").dblclick({ position: { x: 60, y: 12 } });
    await page.getByLabel("Text of the task").fill("Book two rooms");
    await changed(path, { todo: "Book a tent", priority: "high" });
    await page.getByRole("row").getByText("High").waitFor();
    await page.keyboard.press("Enter");
    await compared(page, "Book");
    const dialog = page.getByRole("dialog", { name: /was changed in two places/ });
    await dialog.getByLabel(/^Somewhere else, /).check();
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    await saved(page);
    await row(page, "Book a tent").click({ position: { x: 60, y: 12 } });
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Edit the notes" }).click();
    const notes = page.getByLabel("Notes").last();
    await notes.fill("With a bath");
    await changed(path, { description: "With a kitchen", priority: "low" });
    await isTold("Low");
    await notes.press("Control+Enter");
    await compared(page, "Book a tent");
    expect(await dialog.locator(".value").allInnerTexts()).toEqual(["With a bath", "With a kitchen"]);
    await dialog.getByLabel(/^This browser, /).check();
    await page.keyboard.press("Enter");
    await saved(page);
    expect(await stored(id, list)).toMatchObject({ todo: "Book a tent", description: "With a bath" });
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Rename" }).first().click();
    const name = page.getByRole("dialog").getByRole("textbox");
    await name.fill("Journey");
    await changed(`/checklists/${list}`, { name: "Excursion" });
    await page.locator(".side").getByText("Excursion").waitFor();
    await name.press("Enter");
    await compared(page, "Journey");
    await dialog.waitFor();
  },
);

journey(
  "deleted here and changed somewhere else: shown, and kept or deleted as the person says",
  async () => {
    const list = await made("/checklists", { name: "Garden" });
    const [kept, gone] = [
      await made(`/tasks?checklist=${list}`, { todo: "Plant the oak" }),
      await made(`/tasks?checklist=${list}`, { todo: "Cut the hedge" }),
    ];
    await using here1 = await opened(list);
    await using there = await opened(list);
    await row(here1.page, "Cut the hedge").waitFor();
    await row(there.page, "Cut the hedge").waitFor();
    await here1.context.setOffline(true);
    for (const todo of ["Plant the oak", "Cut the hedge"]) {
      await row(here1.page, todo).focus();
      await here1.page.keyboard.press("Delete");
      await row(here1.page, todo).waitFor({ state: "detached" });
    }
    await edited(there.page, "Plant the oak", "Plant the old oak");
    await edited(there.page, "Cut the hedge", "Cut the high hedge");
    await saved(there.page);
    await here1.context.setOffline(false);
    await compared(here1.page, "Plant the oak");
    const dialog = here1.page.getByRole("dialog", {
      name: /was changed somewhere else while you deleted it/,
    });
    await dialog.getByText("Plant the old oak", { exact: true }).waitFor();
    expect(await accessProblems(here1.page)).toEqual([]);
    await picture(here1.page, "clash-deleting");
    await dialog.getByRole("button", { name: "Keep the other version" }).click();
    // The next one follows by itself.
    await dialog.getByText("Cut the high hedge", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Delete it anyway" }).click();
    await here1.page.getByRole("dialog").waitFor({ state: "detached" });
    await saved(here1.page);
    await row(here1.page, "Plant the old oak").waitFor();
    await row(there.page, "Cut the high hedge").waitFor({ state: "detached" });
    expect(await stored(kept, list)).toMatchObject({ todo: "Plant the old oak" });
    expect(await stored(gone, list)).toBeUndefined();
  },
);

journey("changed here and deleted somewhere else: kept as a new task", async () => {
  const list = await made("/checklists", { name: "Office" });
  const id = await made(`/tasks?checklist=${list}`, { todo: "Send the offer" });
  await using here1 = await opened(list);
  const { page } = here1;
  await row(page, "Send the offer").waitFor();
  await here1.context.setOffline(true);
  await edited(page, "Send the offer", "Send the second offer");
  expect((await fetch(addressOf(id, list), { method: "DELETE" })).status).toBe(204);
  await here1.context.setOffline(false);
  await compared(page, "Send the second offer");
  await page.getByRole("button", { name: "Keep it as a new task" }).click();
  await saved(page);
  await row(page, "Send the second offer").waitFor();
  const rows = await fetch(`${here.service.url}/tasks?checklist=${list}`, {
    headers: { accept: "application/x-ndjson" },
  });
  expect(JSON.parse(await rows.text())).toMatchObject({ todo: "Send the second offer" });
});

journey(
  "what the service refuses is looked at, exported, sent again when it can be, and discarded",
  async () => {
    const list = await made("/checklists", { name: "Trip" });
    await using visitor = await opened(list);
    const { page } = visitor;
    await page.locator("#add").waitFor();
    await visitor.context.setOffline(true);
    for (const todo of ["Book the train", "Buy a map"]) {
      await page.locator("#add").fill(todo);
      await page.locator("#add").press("Enter");
      await row(page, todo).waitFor();
    }
    const gone = await fetch(`${here.service.url}/checklists/${list}`, { method: "DELETE" });
    const trash = /<([^>]+)>; rel="trash"/.exec(gone.headers.get("link") ?? "")?.[1] ?? "";
    await visitor.context.setOffline(false);
    const sync = page.locator(".side .sync");
    await sync.filter({ hasText: "2 changes not sent" }).waitFor();
    await page.locator('.side .sync[title*="refused"]').click();
    const dialog = page.getByRole("dialog", { name: "Unsent changes" });
    const entry = (name: string) => dialog.getByRole("listitem").filter({ hasText: name });
    await entry("Buy a map")
      .getByText(/^refused: /)
      .waitFor();
    await entry("Book the train")
      .getByText(/^refused: /)
      .waitFor();
    expect(await entry("Book the train").innerText()).toContain("Text: Book the train");
    expect(await accessProblems(page)).toEqual([]);
    await picture(page, "sync-stuck");
    await page.setViewportSize(PHONE);
    await page.emulateMedia({ colorScheme: "dark" });
    await picture(page, "sync-stuck-phone-dark");
    await page.setViewportSize(DESKTOP);
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Export" }).click();
    const file = readFileSync(await (await download).path(), "utf8");
    for (const todo of ["Book the train", "Buy a map"]) expect(file).toContain(todo);
    // As long as its list is gone, it is refused again, and is still here.
    await entry("Book the train").getByRole("button", { name: "Send again" }).click();
    await entry("Book the train")
      .getByText(/^refused: /)
      .waitFor();
    await entry("Buy a map").getByRole("button", { name: "Discard" }).click();
    await entry("Buy a map").getByRole("button", { name: "Discard this change for good?" }).click();
    await entry("Buy a map")
      .getByText(/discarded/)
      .waitFor();
    expect(await page.evaluate<string>("document.activeElement.closest('dialog')?.tagName")).toBe("DIALOG");
    const { _links } = (await (await fetch(trash)).json()) as { _links: { restore: { href: string } } };
    expect((await fetch(_links.restore.href, { method: "POST" })).status).toBe(200);
    await page.getByRole("link", { name: /Trip/ }).waitFor();
    await entry("Book the train").getByRole("button", { name: "Send again" }).click();
    await dialog.getByText("Everything is saved on the server.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("link", { name: /Trip/ }).click();
    await row(page, "Book the train").waitFor();
    expect(await row(page, "Buy a map").count()).toBe(0);
  },
);

journey("a list that was never sent is discarded with its tasks, and the page says so first", async () => {
  const list = await made("/checklists", { name: "Sent" });
  await using visitor = await opened(list);
  const { page } = visitor;
  await visitor.context.setOffline(true);
  await page.getByRole("button", { name: "New list" }).click();
  await page.getByLabel("Name of the new list").fill("Never sent");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Never sent" }).waitFor();
  for (const todo of ["One", "Two"]) {
    await page.locator("#add").fill(todo);
    await page.locator("#add").press("Enter");
    await row(page, todo).waitFor();
  }
  await page.locator(".side .sync").filter({ hasText: "3 changes not sent" }).click();
  const dialog = page.getByRole("dialog", { name: "Unsent changes" });
  await dialog.getByRole("button", { name: "Discard" }).first().click();
  await dialog.getByRole("button", { name: "Discard this list and its 2 tasks for good?" }).click();
  await dialog.getByText("Everything is saved on the server.").waitFor();
  await page.keyboard.press("Escape");
  expect(await page.getByRole("link", { name: /Never sent/ }).count()).toBe(0);
});
