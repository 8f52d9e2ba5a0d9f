import { beforeAll, expect } from "bun:test";
import type { Page } from "playwright-core";
import { FULL_SIZE, note } from "../../support/size.ts";
import { servedRows } from "./rows.ts";
import { comesTrue, DESKTOP, journey, person, START_DEADLINE_MS, world } from "./support.ts";

const here = world();
const MANY = FULL_SIZE ? 10_000 : 1_000;
const AT_ONCE = 50;
/** Rows of a long list in the page at any time. */
const ROWS_MAX = 100;

const { post, todos: stored } = servedRows(() => here.service.url);

let garden = "";
let long = "";
beforeAll(async () => {
  garden = await post("/checklists", { name: "Garden" });
  long = await post("/checklists", { name: "Long" });
  for (const todo of ["one", "two", "three", "four"]) await post("/tasks", { todo });
  for (let made = 0; made < MANY; made += AT_ONCE) {
    const todos = Array.from({ length: AT_ONCE }, (_, at) => ({ todo: `Task ${made + at + 1}` }));
    await Promise.all(todos.map((body) => post(`/tasks?checklist=${long}`, body)));
  }
}, START_DEADLINE_MS);

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

/** Presses on a row, moves in steps as a hand does, and lets go at a point of another element. */
async function drag(page: Page, todo: string, to: { x: number; y: number }): Promise<void> {
  const from = await row(page, todo).getByText(todo).boundingBox();
  if (from === null) throw new Error(`${todo} is not in sight`);
  await page.mouse.move(from.x + 5, from.y + 5);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 8 });
  await page.mouse.up();
}

journey("a task dragged to another place stays there, and one dragged to a list goes into it", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  const { page } = visitor;
  await row(page, "four").waitFor();
  const first = await row(page, "one").boundingBox();
  await drag(page, "three", { x: (first?.x ?? 0) + 80, y: (first?.y ?? 0) + 4 });
  await page.getByText("“three” is now 1 of 4", { exact: true }).waitFor();
  const list = await page.getByRole("link", { name: /Garden/ }).boundingBox();
  await drag(page, "two", { x: (list?.x ?? 0) + 20, y: (list?.y ?? 0) + 10 });
  await row(page, "two").waitFor({ state: "detached" });
  // A press that was a drag opens nothing.
  expect(await page.locator(".details").count()).toBe(0);
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  expect(await stored("/tasks")).toEqual(["three", "one", "four"]);
  expect(await stored(`/tasks?checklist=${garden}`)).toEqual(["two"]);
});

journey(
  "a click opens the details, Ctrl and Shift choose several, which one act completes and one undo reopens",
  async () => {
    await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
    const { page } = visitor;
    await row(page, "one").getByText("one").click();
    await page.getByRole("complementary").getByLabel("Task", { exact: true }).waitFor();
    await row(page, "one")
      .getByText("one")
      .click({ modifiers: ["ControlOrMeta"] });
    await row(page, "four")
      .getByText("four")
      .click({ modifiers: ["Shift"] });
    await page.getByText("2 selected").waitFor();
    await page
      .getByRole("region", { name: "Selected tasks" })
      .getByRole("button", { name: "Complete" })
      .click();
    await row(page, "one").waitFor({ state: "detached" });
    await page.getByRole("region", { name: "Last change" }).getByRole("button", { name: "Undo" }).click();
    await row(page, "one").waitFor();
    await row(page, "four").waitFor();
  },
);

journey(
  `a list of ${MANY} tasks has at most ${ROWS_MAX} rows in the page, wherever it is scrolled to`,
  async () => {
    await using visitor = await person(here.browser, here.service.url, {
      viewport: DESKTOP,
      path: `/#/list/${long}`,
    });
    const { page } = visitor;
    await row(page, "Task 1").waitFor();
    await page.locator(".side .sync[data-kind=saved]").waitFor();
    await page.getByRole("link", { name: new RegExp(`Long.*${MANY.toLocaleString("en-GB")}`) }).waitFor();
    await page.locator(".row-place").first().waitFor();
    const rows = () => page.locator("[role=row]").count();
    let most = await rows();
    await page.keyboard.press("j");
    for (const keys of ["End", "Home", "End"]) {
      await page.keyboard.press(keys);
      await row(page, `Task ${keys === "End" ? MANY : 1}`).waitFor();
      await page
        .locator("[role=row]:focus")
        .getByText(`Task ${keys === "End" ? MANY : 1}`, { exact: true })
        .waitFor();
      most = Math.max(most, await rows());
    }
    // On paper there is no scrolling: all of them are there while the browser prints.
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await rows()).toBe(MANY);
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await rows()).toBeLessThanOrEqual(ROWS_MAX);
    expect(await page.locator("[role=grid]").getAttribute("aria-rowcount")).toBe(String(MANY));
    note(`a list of ${MANY} tasks had at most ${most} rows in the page`);
    expect(most).toBeLessThanOrEqual(ROWS_MAX);
  },
);

journey("in a long list rows of every height follow one another, and elements are used again", async () => {
  const mixed = await post("/checklists", { name: "Mixed" });
  for (let made = 0; made < 300; made++) {
    const words = made % 7 === 0 ? " and much more to say about it than fits into one line".repeat(3) : "";
    const labels = made % 3 === 0 ? ["home", "garden"] : [];
    await post(`/tasks?checklist=${mixed}`, { todo: `Task ${made + 1}${words}`, labels });
  }
  await using visitor = await person(here.browser, here.service.url, { path: `/#/list/${mixed}` });
  const { page } = visitor;
  await page.locator("[role=grid] .row-place").first().waitFor();
  const first = page.locator("[data-key]").first();
  const focused = await first.getAttribute("data-key");
  await first.focus();
  await page.evaluate(
    "void document.querySelectorAll('.row-place').forEach((place) => (place.isOld = true))",
  );
  for (let turn = 0; turn < 24; turn++) {
    await page.mouse.wheel(0, turn < 14 ? 900 : -500);
    const settled = `(() => {
      const boxes = [...document.querySelectorAll(".row-place")].map((place) => place.getBoundingClientRect());
      const inSight = boxes.filter(({ bottom, top }) => bottom > 0 && top < innerHeight);
      return inSight.length > 5 && inSight.every(({ top }, at) => at === 0 || Math.abs(top - inSight[at - 1].bottom) < 1.5);
    })()`;
    await comesTrue(page, settled);
  }
  const { old, all, keys, active } = await page.evaluate<{
    old: number;
    all: number;
    keys: string[];
    active: string;
  }>(`(() => {
    const places = [...document.querySelectorAll(".row-place")];
    return {
      old: places.filter(({ isOld }) => isOld).length,
      all: places.length,
      keys: places.map((place) => Number(place.dataset.index)),
      active: document.activeElement.dataset.key,
    };
  })()`);
  expect(active).toBe(focused ?? "");
  expect(keys).toEqual(keys.toSorted((a, b) => Number(a) - Number(b)));
  expect(old).toBeGreaterThan(all / 2);
});
