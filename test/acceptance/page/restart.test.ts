import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { journey, person, picture, restartable, world } from "./support.ts";

const here = world();

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

/** The rows of the inbox. */
async function stored(url: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const answer = await fetch(`${url}/tasks`, { headers: { accept: "application/x-ndjson" } });
  const lines = (await answer.text()).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

journey(
  "the server is killed in the middle of an edit and comes back: what was typed is there, once",
  async () => {
    await using server = await restartable();
    await using visitor = await person(here.browser, server.url, { path: "/#/inbox" });
    const { page } = visitor;
    const sync = page.locator(".side .sync");
    await page.locator("#add").fill("Write the speech");
    await page.locator("#add").press("Enter");
    await row(page, "Write the speech").waitFor();
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await row(page, "Write the speech").getByText("Write the speech").click();
    const notes = page.getByLabel("Notes, with Markdown");
    await notes.pressSequentially("Dear all,");
    await server.kill();
    await notes.pressSequentially(" thank you");
    await notes.blur();
    await sync.filter({ hasText: "1 change not sent" }).waitFor();
    await page.locator("#add").fill("Print it");
    await page.locator("#add").press("Enter");
    await row(page, "Print it").waitFor();
    await sync.filter({ hasText: "2 changes not sent" }).waitFor();
    await page.locator("#add").fill("Half a thou");
    await picture(page, "server-gone");
    await server.start();
    // The person need not do anything.
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    expect(await page.locator("#add").inputValue()).toBe("Half a thou");
    expect(await stored(server.url)).toMatchObject([
      { todo: "Write the speech", description: "Dear all, thank you" },
      { todo: "Print it" },
    ]);
    await page.locator(".details .markdown").getByText("Dear all, thank you").waitFor();
    // The same after a kill with a change on its way: the page is closed, and opened again without the server.
    await server.kill();
    await page.locator("#add").press("Enter");
    await row(page, "Half a thou").waitFor();
    await page.close();
    await server.start();
    const second = await visitor.tab("/#/inbox");
    await row(second, "Half a thou").waitFor();
    await second.locator(".side .sync[data-kind=saved]").waitFor();
    expect((await stored(server.url)).map(({ todo }) => todo)).toEqual([
      "Write the speech",
      "Print it",
      "Half a thou",
    ]);
  },
);
