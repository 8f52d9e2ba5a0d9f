import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { accessProblems, journey, person, picture, world } from "./support.ts";

const here = world();

async function added(page: Page, line: string): Promise<void> {
  await page.locator("#add").fill(line);
  await page.locator("#add").press("Enter");
  await page.locator("#add:placeholder-shown").waitFor();
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
  await visitor.page.getByText("2 tasks are imported into 1 list.").waitFor();
  await visitor.page.getByRole("link", { name: /Shopping/ }).click();
  await visitor.page.getByText("Milk").waitFor();
});
