import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { type Service, STORE, scratchData, startService } from "../../support/service.ts";
import { journey, person, underWorker, world } from "./support.ts";

/** Two people of one household: over Cassandra each at an instance of its own, on one keyspace. */
interface Household extends Service {
  readonly other: Service;
}

const here = world(household);

async function household(): Promise<Household> {
  const data = scratchData();
  const first = await startService({}, data);
  const other = STORE === "cassandra" ? await startService({}, data) : first;
  return {
    ...first,
    other,
    async [Symbol.asyncDispose]() {
      await Promise.all([first.stop(), other.stop()]);
      data[Symbol.dispose]();
    },
  };
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

async function added(page: Page, todo: string): Promise<void> {
  await page.locator("#add").fill(todo);
  await page.keyboard.press("Enter");
  await row(page, todo).waitFor();
}

async function rewritten(page: Page, todo: string, text: string): Promise<void> {
  await row(page, todo).focus();
  await page.keyboard.press("e");
  await page.getByLabel("Text of the task").fill(text);
  await page.keyboard.press("Enter");
  await row(page, text).waitFor();
}

async function made(page: Page, todo: string, priority: string): Promise<void> {
  await row(page, todo).focus();
  await page.keyboard.press("p");
  await page.getByRole("combobox").fill(priority);
  await page.keyboard.press("Enter");
  await row(page, todo).getByText("High priority").waitFor();
}

function sync(page: Page, kind: "saved" | "unsent") {
  return page.locator(`.side .sync[data-kind=${kind}]`);
}

async function stored(service: Service): Promise<readonly Record<string, unknown>[]> {
  const { _embedded } = (await (await fetch(`${service.url}/tasks`)).json()) as {
    _embedded: { tasks: Record<string, unknown>[] };
  };
  return _embedded.tasks;
}

journey(
  "what one of two does, the other sees at once: added, rewritten, completed, reopened, deleted",
  async () => {
    await using ada = await person(here.browser, here.service.url, { path: "/#/inbox" });
    await using bob = await person(here.browser, here.service.other.url, { path: "/#/inbox" });
    await added(ada.page, "Buy milk");
    await row(bob.page, "Buy milk").waitFor();
    await rewritten(bob.page, "Buy milk", "Buy milk and bread");
    await row(ada.page, "Buy milk and bread").waitFor();
    await row(ada.page, "Buy milk and bread").getByRole("checkbox").click();
    await row(bob.page, "Buy milk and bread").waitFor({ state: "detached" });
    await ada.page.keyboard.press("z");
    await row(bob.page, "Buy milk and bread").focus();
    await bob.page.keyboard.press("Delete");
    await row(ada.page, "Buy milk and bread").waitFor({ state: "detached" });
    await sync(bob.page, "saved").waitFor();
    expect((await stored(here.service)).filter(({ todo }) => todo === "Buy milk and bread")).toEqual([]);
  },
);

journey(
  "two change one task without a connection: what differs is merged, and what both changed is for a person to choose",
  async () => {
    await using ada = await person(here.browser, here.service.url, { path: "/#/inbox" });
    await using bob = await person(here.browser, here.service.other.url, { path: "/#/inbox" });
    await added(ada.page, "Pay rent");
    await row(bob.page, "Pay rent").waitFor();
    await Promise.all([sync(ada.page, "saved").waitFor(), sync(bob.page, "saved").waitFor()]);
    // Without a connection, the parts of the page that were not needed before come from there.
    await Promise.all([underWorker(ada.page), underWorker(bob.page)]);

    await Promise.all([ada.context.setOffline(true), bob.context.setOffline(true)]);
    await rewritten(ada.page, "Pay rent", "Pay rent today");
    await sync(ada.page, "unsent").waitFor();
    await made(bob.page, "Pay rent", "high");
    await rewritten(bob.page, "Pay rent", "Pay the rent");
    await sync(bob.page, "unsent").waitFor();

    await ada.context.setOffline(false);
    await sync(ada.page, "saved").waitFor();
    await bob.context.setOffline(false);
    // What only one of them changed is there without a question.
    await row(ada.page, "Pay rent today").getByText("High priority").waitFor();
    await row(bob.page, "Pay the rent").getByText("Changed here and somewhere else").waitFor();
    await sync(bob.page, "unsent").click();
    await bob.page.getByRole("button", { name: "Compare" }).click();
    const choice = bob.page.getByRole("dialog", { name: /was changed in two places/ });
    await choice.getByRole("radio", { name: /Somewhere else.*Pay rent today/ }).waitFor();
    await choice.getByRole("radio", { name: /This browser.*Pay the rent/ }).check();
    await choice.getByRole("button", { name: "Keep my choices" }).click();
    await row(ada.page, "Pay the rent").getByText("High priority").waitFor();
    await sync(bob.page, "saved").waitFor();
    const both = await Promise.all([here.service, here.service.other].map(stored));
    const rents = both.map((tasks) => tasks.filter(({ todo }) => String(todo).startsWith("Pay ")));
    for (const tasks of rents) expect(tasks).toMatchObject([{ todo: "Pay the rent", priority: "high" }]);
  },
);
