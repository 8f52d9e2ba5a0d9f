import { afterAll, beforeAll, expect } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { ROOT } from "../../support/binary.ts";
import { HAS_BROWSER } from "../../support/browser.ts";
import { servedRows } from "./rows.ts";
import { comesTrue, journey, type Person, person, START_DEADLINE_MS, world } from "./support.ts";

/** By a name that the compiler does not follow: the page's sources need a browser's types. */
const TABLE: string = join(ROOT, "src/adapters/ui/view/commands.ts");
const { COMMANDS } = (await import(TABLE)) as {
  readonly COMMANDS: readonly { readonly id: string; readonly keys?: readonly string[] }[];
};

const here = world();
const TODOS = ["a", "b", "c"];
let visitor: Person | undefined;
let page: Page;

beforeAll(async () => {
  if (!HAS_BROWSER) return;
  for (const todo of TODOS) await servedRows(() => here.service.url).post("/tasks", { todo });
  visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  page = visitor.page;
  await page.getByRole("row").nth(2).waitFor();
}, START_DEADLINE_MS);
afterAll(() => visitor?.[Symbol.asyncDispose]());

const ROWS = `[...document.querySelectorAll("[role=row] .row-todo")].map((each) => each.textContent).join()`;
const FOCUS = `document.activeElement.querySelector(".row-todo")?.textContent`;
const dialog = (title: string) =>
  `document.querySelector("dialog[open]")?.getAttribute("aria-label") === "${title}"`;
const at = (screen: string) => `location.hash === "#/${screen}"`;

interface Effect {
  /** A key before it, and what shows that it has been heard. */
  readonly after?: readonly [string, string];
  /** What is then so in the page, with the second of three tasks in focus before. */
  readonly seen: string;
  /** It changes tasks: the test takes it back. */
  readonly isChange?: true;
}

/** What each command with a key does. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  palette: { seen: dialog("Find or do anything") },
  new: { seen: `document.activeElement.id === "add"` },
  search: { seen: `${at("search")} && document.activeElement.id === "search"` },
  undo: { after: ["Delete", `${ROWS} === "a,c"`], seen: `${ROWS} === "a,b,c"` },
  help: { seen: dialog("Keys") },
  back: {
    after: ["x", `document.querySelector(".many") !== null`],
    seen: `document.querySelector(".many") === null`,
  },
  next: { seen: `${FOCUS} === "c"` },
  previous: { seen: `${FOCUS} === "a"` },
  first: { seen: `${FOCUS} === "a"` },
  last: { seen: `${FOCUS} === "c"` },
  complete: { seen: `${ROWS} === "a,c"`, isChange: true },
  edit: { seen: `document.activeElement.matches(".row-edit textarea")` },
  open: { seen: `document.querySelector(".details") !== null` },
  select: { seen: `document.querySelectorAll("[aria-selected=true]").length === 1` },
  selectAll: { seen: `document.querySelectorAll("[aria-selected=true]").length === 3` },
  start: { seen: `document.querySelector("[data-status=in_progress]") !== null`, isChange: true },
  due: { seen: dialog("When is “b” due?") },
  labels: { seen: dialog("Labels of “b”") },
  priority: { seen: dialog("Priority of “b”") },
  move: { seen: dialog("Move “b” to") },
  repeat: { seen: dialog("Repeat “b”") },
  delete: { seen: `${ROWS} === "a,c"`, isChange: true },
  up: { seen: `${ROWS} === "b,a,c"`, isChange: true },
  down: { seen: `${ROWS} === "a,c,b"`, isChange: true },
  top: { seen: `${ROWS} === "b,a,c"`, isChange: true },
  bottom: { seen: `${ROWS} === "a,c,b"`, isChange: true },
  goInbox: { after: ["g t", at("today")], seen: at("inbox") },
  goToday: { seen: at("today") },
  goUpcoming: { seen: at("upcoming") },
  // The last of two keys does nothing by itself: no task is opened, none is deleted.
  goOverdue: { seen: `${at("overdue")} && document.querySelector(".details") === null` },
  goTrash: { seen: `${at("trash")} && document.querySelector(".toast") === null` },
  goSettings: { seen: at("settings") },
};

/** The second of three tasks has the focus, and nothing is open or chosen. */
async function begin(): Promise<void> {
  await page.goto("about:blank");
  await page.goto(`${here.service.url}/#/inbox`);
  await comesTrue(page, `${ROWS} === "a,b,c" && document.querySelector(".sync[data-kind=saved]") !== null`);
  await page.keyboard.press("Escape");
  for (const todo of ["a", "b"]) {
    await page.keyboard.press(todo === "a" ? "Home" : "j");
    await comesTrue(page, `${FOCUS} === "${todo}"`);
  }
}

/** As tinykeys names it. A sign that some keyboards have with Shift alone comes with Shift. */
async function press(keys: string): Promise<void> {
  for (const each of keys.split(" ")) {
    const [, sign] = /^Shift\+(\W)$/.exec(each) ?? [];
    if (sign === undefined) await page.keyboard.press(each.replace("$mod", "ControlOrMeta"));
    else
      await page.evaluate(
        `document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: ${JSON.stringify(sign)},
          code: "Digit7", shiftKey: true, bubbles: true, cancelable: true }))`,
      );
  }
}

const WITH_KEYS = COMMANDS.filter(({ keys }) => keys !== undefined);

for (const { id, keys = [] } of WITH_KEYS) {
  journey(`${keys.join(" and ")}: does what the help says of “${id}”`, async () => {
    const effect = EFFECTS[id];
    if (effect === undefined) throw new Error(`nobody has said what ${id} does`);
    for (const key of keys) {
      await begin();
      if (effect.after) {
        await press(effect.after[0]);
        await comesTrue(page, effect.after[1]);
      }
      await press(key);
      await comesTrue(page, effect.seen);
      if (!effect.isChange) continue;
      await page.keyboard.press("z");
      await comesTrue(
        page,
        `${ROWS} === "a,b,c" && document.querySelector(".sync[data-kind=saved]") !== null`,
      );
    }
  });
}

journey("the help has a line for every command that has a key, and no other", async () => {
  await begin();
  await press("?");
  await comesTrue(page, dialog("Keys"));
  expect(await page.locator("dialog dt").count()).toBe(WITH_KEYS.length);
  expect(
    await page
      .locator("dialog dd")
      .filter({ hasNot: page.locator("kbd") })
      .count(),
  ).toBe(0);
});
