import { expect } from "bun:test";
import type { Page } from "playwright-core";
import { journey, person, world } from "./support.ts";

const here = world();

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ hasText: todo });
}

async function added(page: Page, todo: string): Promise<void> {
  await page.locator("#add").fill(todo);
  await page.locator("#add").press("Enter");
  await row(page, todo).waitFor();
  await page.locator(".side .sync[data-kind=saved]").waitFor();
}

/** Keeps everybody else from the copy until `release()` is called in the page. */
const HELD = `new Promise((held, failed) => {
  const opening = indexedDB.open(localStorage.getItem("todos-copy"));
  opening.onerror = failed;
  opening.onsuccess = () => {
    const { result: copy } = opening;
    const holding = copy.transaction([...copy.objectStoreNames], "readwrite");
    let isHeld = true;
    const again = () => {
      if (isHeld) holding.objectStore("meta").get("generation").onsuccess = again;
    };
    window.release = () => {
      isHeld = false;
      copy.close();
    };
    holding.objectStore("meta").get("generation").onsuccess = () => {
      again();
      held();
    };
  };
})`;

journey("a task shows as completed at the key, before that is kept; a second key takes it back", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await added(page, "Call the bank");
  await page.evaluate(HELD);
  await row(page, "Call the bank").focus();
  await page.keyboard.press("Space");
  await row(page, "Call the bank").getByRole("checkbox", { checked: true }).waitFor();
  await page.keyboard.press("Space");
  await row(page, "Call the bank").getByRole("checkbox", { checked: false }).waitFor();
  await page.keyboard.press("Space");
  await row(page, "Call the bank").getByRole("checkbox", { checked: true }).waitFor();
  await page.evaluate("release()");
  await row(page, "Call the bank").waitFor({ state: "detached" });
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  const { _embedded } = (await (await fetch(`${here.service.url}/tasks`)).json()) as {
    _embedded: { tasks: { todo: string; status: string }[] };
  };
  expect(_embedded.tasks).toMatchObject([{ todo: "Call the bank", status: "completed" }]);
});

journey("undo right after a key takes that back, not what was before it", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await added(page, "Paint the fence");
  await added(page, "Buy a brush");
  await page.evaluate(HELD);
  await row(page, "Paint the fence").focus();
  await page.keyboard.press("Delete");
  await page.keyboard.press("z");
  await page.evaluate("release()");
  await page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  const { _embedded } = (await (await fetch(`${here.service.url}/tasks`)).json()) as {
    _embedded: { tasks: { todo: string }[] };
  };
  expect(_embedded.tasks.map(({ todo }) => todo)).toEqual(
    expect.arrayContaining(["Paint the fence", "Buy a brush"]),
  );
});

journey("where the browser's storage is full, the task shows as before, and the page says why", async () => {
  await using someone = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = someone;
  await added(page, "Sweep the yard");
  // What the service tells of the new task may not be kept either: that is said to developers.
  someone.forgive(/The disk is full/);
  await page.evaluate(`void (IDBObjectStore.prototype.put = () => {
    throw new DOMException("The disk is full.", "QuotaExceededError");
  })`);
  await row(page, "Sweep the yard").focus();
  await page.keyboard.press("Space");
  await page.locator(".toast-problem").filter({ hasText: "storage is full" }).waitFor();
  await row(page, "Sweep the yard").getByRole("checkbox", { checked: false }).waitFor();
});
