import { beforeAll, expect } from "bun:test";
import type { Page } from "playwright-core";
import { casesOfToday, FULL_SIZE } from "../../support/size.ts";
import { servedRows } from "./rows.ts";
import {
  accessProblems,
  DESKTOP,
  journey,
  PHONE,
  person,
  picture,
  START_DEADLINE_MS,
  TABLET,
  WIDE,
  world,
} from "./support.ts";

const here = world();
const LONG =
  "A very long task that somebody pasted from a mail: please call the landlord about the heating, the window and the letter box, and ask about the Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen";
/** The day of the browsers of these journeys; the service does not care. */
const NOW = new Date("2026-11-29T11:00:00Z");

const { post } = servedRows(() => here.service.url);

beforeAll(async () => {
  const work = await post("/checklists", { name: "Work" });
  await post("/checklists", {
    name: "A list with quite a long name for a side bar, and for whatever else shows it on a single line",
  });
  await post("/tasks", { todo: "Buy milk", dueDate: "2026-11-29", labels: ["errand"] });
  await post("/tasks", { todo: "Pay rent", dueDate: "2026-11-27", priority: "high" });
  await post("/tasks", {
    todo: "Water the plants",
    dueDate: "2026-11-30",
    repeat: "FREQ=WEEKLY",
    labels: ["home"],
  });
  await post("/tasks", { todo: LONG, description: "See the *mail* of Monday." });
  await post("/tasks", { todo: "اشتر الحليب من السوق", priority: "low" });
  await post("/tasks", { todo: "Book the train", status: "completed" });
  await post(`/tasks?checklist=${work}`, { todo: "Write the report", status: "in_progress" });
}, START_DEADLINE_MS);

/** Screens and dialogs: how each is reached, and what shows that it is there. */
const STATES: readonly (readonly [string, string, readonly string[], string])[] = [
  ["inbox", "#/inbox", [], "[role=row]"],
  ["today", "#/today", [], ".row-head"],
  ["upcoming", "#/upcoming", [], ".row-head"],
  ["overdue", "#/overdue", [], "[role=row]"],
  ["label", "#/label/home", [], "[role=row]"],
  ["empty label", "#/label/nothing", [], ".empty"],
  ["search", "#/search?q=rep", [], "[role=row]"],
  ["search at first", "#/search", [], ".empty"],
  ["missing", "#/list/nothing", [], ".empty"],
  ["trash", "#/trash", [], ".main .empty, .entries"],
  ["settings", "#/settings", [], ".settings"],
  ["done", "#/inbox", ["click:.row-fold button"], ".row-done"],
  ["details", "#/inbox", ["j", "o"], ".details"],
  ["edit", "#/inbox", ["j", "e"], ".row-edit textarea"],
  ["many", "#/inbox", ["j", "x", "j", "x"], ".many"],
  ["palette", "#/inbox", ["ControlOrMeta+k"], ".option"],
  ["help", "#/inbox", ["?"], ".keys"],
  ["due", "#/inbox", ["j", "d"], ".option"],
  ["labels", "#/inbox", ["j", "l"], ".option"],
  ["priority", "#/inbox", ["j", "p"], ".option"],
  ["move", "#/inbox", ["j", "m"], ".option"],
  ["sync", "#/inbox", ["click:.sync:visible"], "dialog .section"],
];

/** What was seen last takes no keys. */
function live(page: Page): Promise<void> {
  return page.locator("#picture").waitFor({ state: "detached" });
}

async function reach(page: Page, steps: readonly string[], shown: string): Promise<void> {
  await live(page);
  await page.locator(".main > *").first().waitFor();
  if (steps.length > 0) await page.locator("[role=row]").first().waitFor();
  for (const step of steps) {
    if (step.startsWith("click:")) await page.locator(step.slice("click:".length)).first().click();
    else await page.keyboard.press(step);
  }
  await page.locator(shown).first().waitFor();
}

for (const colorScheme of ["light", "dark"] as const) {
  for (const [device, viewport] of [
    ["desktop", DESKTOP],
    ["phone", PHONE],
    ["tablet", TABLET],
    ["wide", WIDE],
  ] as const) {
    // Together these two have every screen in both themes and in two sizes; the others are for the night.
    const isOrdinary = colorScheme === "light" ? device === "desktop" : device === "phone";
    if (!isOrdinary && !FULL_SIZE) continue;
    journey(
      `${device}, ${colorScheme}: axe finds nothing on any screen and dialog, and nothing is too wide`,
      async () => {
        await using visitor = await person(here.browser, here.service.url, {
          viewport,
          colorScheme,
          path: undefined,
        });
        await visitor.page.clock.setFixedTime(NOW);
        for (const [name, hash, steps, shown] of STATES) {
          await visitor.page.goto("about:blank");
          await visitor.page.goto(`${here.service.url}/${hash}`);
          await reach(visitor.page, steps, shown);
          expect([name, await accessProblems(visitor.page)]).toEqual([name, []]);
          expect([name, await tooWidePx(visitor.page)]).toEqual([name, 0]);
          await picture(visitor.page, `${name.replaceAll(" ", "-")}-${device}-${colorScheme}`);
        }
      },
    );
  }
}

journey(
  "at 320 px, which is 400 % of 1,280, everything can be reached without scrolling sideways",
  async () => {
    const viewport = { width: 320, height: 256 };
    await using visitor = await person(here.browser, here.service.url, { viewport, path: "/#/inbox" });
    for (const [name, hash, steps, shown] of casesOfToday(STATES.slice(0, 13))) {
      await visitor.page.goto("about:blank");
      await visitor.page.goto(`${here.service.url}/${hash}`);
      await reach(visitor.page, steps, shown);
      expect([name, await tooWidePx(visitor.page)]).toEqual([name, 0]);
    }
  },
);

journey(
  "with text at 200 %, at 1,280 and 360 px, no text is cut off and nothing scrolls sideways",
  async () => {
    for (const viewport of [DESKTOP, PHONE]) {
      await using visitor = await person(here.browser, here.service.url, { viewport, path: "/#/inbox" });
      const { page } = visitor;
      // What a person sets in the browser; the size that pages begin with is half of it.
      const session = await page.context().newCDPSession(page);
      await session.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
      for (const [name, hash, steps, shown] of casesOfToday(STATES)) {
        await page.goto("about:blank");
        await page.goto(`${here.service.url}/${hash}`);
        await reach(page, steps, shown);
        expect(await page.evaluate<string>("getComputedStyle(document.documentElement).fontSize")).toBe(
          "32px",
        );
        expect([name, await tooWidePx(page)]).toEqual([name, 0]);
        expect([name, ...(await cutOff(page))]).toEqual([name]);
        expect([name, ...(await shortened(page, "dialog .option .name"))]).toEqual([name]);
        await picture(page, `${name.replaceAll(" ", "-")}-font200-${viewport.width}`);
      }
    }
  },
);

journey(
  "at 2,560 px, with a system's high contrast, and on paper: axe finds nothing, nothing is cut off",
  async () => {
    for (const [name, media, viewport] of [
      ["huge", {}, { width: 2_560, height: 1_300 }],
      ["contrast", { forcedColors: "active" }, DESKTOP],
      ["paper", { media: "print" }, { width: 794, height: 1_100 }],
    ] as const) {
      await using visitor = await person(here.browser, here.service.url, { viewport, path: "/#/inbox" });
      const { page } = visitor;
      await reach(page, [], "[role=row]");
      await page.emulateMedia(media);
      expect([name, await accessProblems(page)]).toEqual([name, []]);
      expect([name, await tooWidePx(page)]).toEqual([name, 0]);
      expect([name, ...(await cutOff(page))]).toEqual([name]);
      expect([name, await page.locator("#add").isVisible()]).toEqual([name, name !== "paper"]);
      await picture(page, name);
    }
  },
);

journey("tablets and wide screens: the list and its details side by side where there is room", async () => {
  for (const [viewport, name] of [
    [TABLET, "tablet"],
    [WIDE, "wide"],
  ] as const) {
    await using visitor = await person(here.browser, here.service.url, { viewport, path: "/#/inbox" });
    await reach(visitor.page, ["j", "o"], ".details");
    const isOver = await visitor.page.evaluate<boolean>(
      "getComputedStyle(document.querySelector('.details')).position === 'fixed'",
    );
    expect(isOver).toBe(name === "tablet");
    await picture(visitor.page, `details-${name}`);
  }
});

journey("beside a name that is cut off, what it is the name of stays on one line", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: "/#/inbox" });
  await reach(visitor.page, ["ControlOrMeta+k"], ".option");
  await visitor.page.keyboard.type("long name");
  const option = visitor.page.getByRole("option", { name: /quite a long name/ });
  await option.waitFor();
  const heightOf = (part: string) => option.locator(part).evaluate((element) => element.clientHeight);
  expect(await heightOf(".kind")).toBeLessThanOrEqual(await heightOf(".name"));
});

journey("a German browser gets a German page, which says so; the choice of English holds", async () => {
  await using visitor = await person(here.browser, here.service.url, {
    locale: "de-DE",
    path: "/#/settings",
  });
  const { page } = visitor;
  await page.getByRole("heading", { name: "Einstellungen" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("de");
  expect(await accessProblems(page)).toEqual([]);
  await page.getByLabel("English", { exact: true }).check();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  expect(await page.locator("html").getAttribute("lang")).toBe("en");
});

journey("the theme that a person chooses holds, whatever the system's is, and after a reload", async () => {
  await using visitor = await person(here.browser, here.service.url, {
    colorScheme: "light",
    path: "/#/settings",
  });
  const { page } = visitor;
  const surface = () => page.evaluate<string>("getComputedStyle(document.documentElement).backgroundColor");
  expect(await surface()).toBe("rgb(255, 255, 255)");
  await page.getByLabel("Dark", { exact: true }).check();
  expect(await surface()).toBe("rgb(21, 25, 23)");
  await page.reload();
  await page.getByLabel("Dark", { exact: true }).waitFor();
  expect(await surface()).toBe("rgb(21, 25, 23)");
  await page.getByLabel("Same as the system").check();
  expect(await surface()).toBe("rgb(255, 255, 255)");
});

journey("what a screen reader is told of the inbox", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: undefined });
  const { page } = visitor;
  await page.clock.setFixedTime(NOW);
  await page.goto(`${here.service.url}/#/inbox`);
  await live(page);
  await page.locator("[role=row]").first().waitFor();
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  expect(steady(await page.locator("#app").ariaSnapshot())).toMatchSnapshot();
});

journey("what a screen reader is told of the details of a task, and of the choice of a day", async () => {
  await using visitor = await person(here.browser, here.service.url, { path: undefined });
  const { page } = visitor;
  await page.clock.setFixedTime(NOW);
  await page.goto(`${here.service.url}/#/inbox`);
  await reach(page, ["j", "o"], ".details");
  expect(steady(await page.locator(".details").ariaSnapshot())).toMatchSnapshot();
  await page.keyboard.press("d");
  await page.locator(".option").first().waitFor();
  expect(await page.getByRole("dialog").ariaSnapshot()).toMatchSnapshot();
});

/** Ids, and when a task was made, differ from run to run. */
function steady(tree: string): string {
  return tree.replace(/#\/list\/[\w-]+/g, "#/list/ID").replace(/Created .*/, "Created at some time");
}

/** How far the page can be scrolled sideways. */
function tooWidePx(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/** Texts of which a part is hidden, and nothing says so: neither an ellipsis nor a bar to scroll by. */
function cutOff(page: Page): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`[...document.querySelectorAll("#app *")].flatMap((each) => {
    const { overflowX, overflowY, textOverflow, webkitLineClamp, position } = getComputedStyle(each);
    const hides = [overflowX, overflowY].some((value) => value === "hidden" || value === "clip");
    const isMeant = textOverflow === "ellipsis" || webkitLineClamp !== "none" || position === "absolute";
    const isOver = each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
    return hides && !isMeant && isOver && each.checkVisibility() ? [each.className + ": " + each.textContent.slice(0, 60)] : [];
  })`);
}

/** Short texts that end with an ellipsis, of those that a person has to read to choose. */
function shortened(page: Page, which: string): Promise<readonly string[]> {
  return page.evaluate<readonly string[]>(`[...document.querySelectorAll(${JSON.stringify(which)})]
    .filter((each) => each.textContent.length < 60)
    .filter((each) => each.scrollWidth > each.clientWidth + 1 || each.clientWidth < 8)
    .map((each) => each.textContent)`);
}
