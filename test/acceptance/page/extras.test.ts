import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { fromJson } from "../../../src/adapters/ui/transfer/json.ts";
import { fromMarkdown } from "../../../src/adapters/ui/transfer/markdown.ts";
import { accessProblems, journey, person, picture, world } from "./support.ts";

const here = world();

async function added(page: Page, line: string): Promise<void> {
  await page.locator("#add").fill(line);
  await page.locator("#add").press("Enter");
  const [todo = line] = line.split(" #");
  await page.locator(".row-todo").getByText(todo, { exact: true }).waitFor();
}

/** The details of the task that was added last. */
async function opened(page: Page): Promise<void> {
  await page.locator("#add").press("Escape");
  await page.keyboard.press("End");
  await page.keyboard.press("o");
  await page.locator(".details").waitFor();
}

journey("how a task repeats is chosen by typing it, and shown in words", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await added(page, "Water the plants");
  await opened(page);
  await page.getByRole("button", { name: /^Repeat/ }).click();
  await page.locator(".choose-input").fill("every 2 weeks on monday");
  expect(await accessProblems(page)).toEqual([]);
  await picture(page, "repeat-dialog");
  await page.locator(".choose-input").press("Enter");
  await page.getByRole("button", { name: "Repeat: Every 2 weeks on Monday" }).waitFor();
});

journey("notes are shown with their Markdown, edited as text, and run nothing", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await added(page, "Read the notes");
  await opened(page);
  const field = page.getByLabel("Notes, with Markdown");
  await field.fill(
    "**Bold** and [a link](https://example.org/) <img src=x onerror=alert(1)>\n\n- one\n- [x] two",
  );
  await field.blur();
  await page.locator(".markdown strong").waitFor();
  expect(await page.locator(".markdown a").getAttribute("href")).toBe("https://example.org/");
  expect(await page.locator(".markdown img").count()).toBe(0);
  expect(await page.locator(".markdown").innerText()).toContain("<img src=x onerror=alert(1)>");
  expect(await accessProblems(page)).toEqual([]);
  await picture(page, "notes");
  await page.getByRole("button", { name: "Edit the notes" }).click();
  expect(await field.inputValue()).toStartWith("**Bold**");
});

journey("everything is exported, and imported by somebody else: the same lists and tasks", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  await added(visitor.page, "To be exported");
  await visitor.page.goto(`${here.service.url}/#/settings`);
  const download = visitor.page.waitForEvent("download");
  await visitor.page.getByRole("button", { name: "Export as Markdown" }).click();
  const path = await (await download).path();
  expect(readFileSync(path, "utf8")).toContain("- [ ] To be exported\n");
  expect(await accessProblems(visitor.page)).toEqual([]);
  await picture(visitor.page, "transfer");
  const file = {
    name: "a.md",
    mimeType: "text/markdown",
    buffer: Buffer.from("# Shopping\n\n- [ ] Milk\n- [x] Eggs\n"),
  };
  await visitor.page.locator("input[type=file]").setInputFiles(file);
  await visitor.page.getByText("Imported 2 tasks into 1 list.").waitFor();
  await visitor.page.getByRole("link", { name: /Shopping/ }).click();
  await visitor.page.getByText("Milk").waitFor();
});

journey("a file that was imported before adds nothing twice, unless one says so", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/settings" });
  const { page } = visitor;
  const imported = (text: string) =>
    page
      .locator("input[type=file]")
      .setInputFiles({ name: "a.md", mimeType: "text/markdown", buffer: Buffer.from(text) });
  const counted = async (todo: string) => {
    const answer = await fetch(`${here.service.url}/search?q=${todo}`);
    return ((await answer.json()) as { _embedded: { tasks: unknown[] } })._embedded.tasks.length;
  };
  const saved = () => page.locator(".side .sync[data-kind=saved]").waitFor();
  const question = page.getByRole("group").filter({ hasText: "already here" });
  await imported("# Tools\n\n- [ ] Hammer\n");
  await page.getByText("Imported 1 task into 1 list.").waitFor();

  await imported("# Tools\n\n- [ ] Hammer\n");
  await question.filter({ hasText: "Everything in this file" }).waitFor();
  await page.locator(".ask:focus").waitFor();
  expect(await accessProblems(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  await page.locator("button:focus", { hasText: "Import a file" }).waitFor();

  await imported("# Tools\n\n- [ ] Hammer\n- [ ] Pliers\n");
  await question.filter({ hasText: "1 of 2 tasks is already here" }).waitFor();
  await picture(page, "import-again");
  await page.getByRole("button", { name: "Add the other one" }).click();
  await page.getByText("Imported 1 task into 1 list.").waitFor();
  await saved();
  expect([await counted("Hammer"), await counted("Pliers")]).toEqual([1, 1]);
  expect(await page.getByRole("link", { name: /^Tools/ }).count()).toBe(1);

  await imported("# Tools\n\n- [ ] Hammer\n- [ ] Pliers\n");
  await page.getByRole("button", { name: "Add all as new" }).click();
  await page.getByText("Imported 2 tasks into 1 list.").waitFor();
  await saved();
  expect([await counted("Hammer"), await counted("Pliers")]).toEqual([2, 2]);
});

journey("one list is exported from its own menu, under its name, as it can be imported again", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await page.getByRole("button", { name: "New list" }).click();
  await page.getByLabel("Name of the new list").fill("Bücher / 2026");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Bücher / 2026" }).waitFor();
  await added(page, "Read one #home");
  await page.getByRole("button", { name: "Export “Bücher / 2026”" }).click();
  await page.getByRole("button", { name: "Export as JSON" }).waitFor();
  expect(await accessProblems(page)).toEqual([]);
  await picture(page, "export-list");
  for (const [kind, ending] of [
    ["JSON", "json"],
    ["Markdown", "md"],
  ] as const) {
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: `Export as ${kind}` }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(new RegExp(`^Bücher-2026-\\d{4}-\\d\\d-\\d\\d\\.${ending}$`));
    const text = readFileSync(await file.path(), "utf8");
    const { lists } = ending === "json" ? fromJson(text) : fromMarkdown(text);
    expect(lists).toMatchObject([{ name: "Bücher / 2026", tasks: [{ todo: "Read one", labels: ["home"] }] }]);
  }
});

journey(
  "to look at a text and leave it changes nothing, whatever its line ends; who edits it gets line feeds",
  async () => {
    const headers = { "content-type": "application/json" };
    const description = "first\r\nsecond";
    const body = JSON.stringify({ todo: "Two\r\nlines", description });
    const answer = await fetch(`${here.service.url}/tasks`, { method: "POST", headers, body });
    const { id } = (await answer.json()) as { id: string };
    const stored = async () =>
      (await (await fetch(`${here.service.url}/tasks/${id}`)).json()) as Record<string, unknown>;
    const before = await stored();
    await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
    const { page } = visitor;
    const row = page.getByRole("row").filter({ hasText: "Two" });
    await row.focus();
    await page.keyboard.press("o");
    await page.getByRole("button", { name: "Edit the notes" }).click();
    const notes = page.getByLabel("Notes, with Markdown");
    await notes.blur();
    await page.getByLabel("Task", { exact: true }).focus();
    await page.getByLabel("Task", { exact: true }).blur();
    await row.focus();
    await page.keyboard.press("e");
    await page.getByLabel("Text of the task").press("Enter");
    await page.getByLabel("Text of the task").waitFor({ state: "detached" });
    // Nothing is on its way, and nothing was.
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    expect(await page.locator(".toast").count()).toBe(0);
    expect(await stored()).toEqual(before);
    await page.getByRole("button", { name: "Edit the notes" }).click();
    await notes.press("End");
    await notes.press("ControlOrMeta+End");
    await page.keyboard.type("!");
    await notes.press("ControlOrMeta+Enter");
    await page.getByText("Changed “Two").first().waitFor();
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    expect(await stored()).toMatchObject({ todo: "Two\r\nlines", description: "first\nsecond!" });
  },
);
