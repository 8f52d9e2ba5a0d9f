import { beforeAll, expect } from "bun:test";
import type { CDPSession, Page } from "playwright-core";
import { servedRows } from "./rows.ts";
import { comesTrue, journey, type Person, PHONE, person, START_DEADLINE_MS, world } from "./support.ts";

const here = world();
const TODOS = ["one", "two", "three", "four"];
const MANY = 40;

const { post, todos: stored } = servedRows(() => here.service.url);

let garden = "";
let long = "";
beforeAll(async () => {
  garden = await post("/checklists", { name: "Garden" });
  long = await post("/checklists", { name: "Long" });
  for (const todo of TODOS) await post("/tasks", { todo });
  for (let made = 1; made <= MANY; made++) await post(`/tasks?checklist=${long}`, { todo: `Task ${made}` });
}, START_DEADLINE_MS);

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A finger on the screen, as the browser has it from the system. */
class Finger {
  private constructor(
    private readonly session: CDPSession,
    private readonly page: Page,
  ) {}

  static async of(page: Page): Promise<Finger> {
    return new Finger(await page.context().newCDPSession(page), page);
  }

  down(at: Point): Promise<void> {
    return this.send("touchStart", [at]);
  }

  async move(from: Point, to: Point, steps = 8): Promise<void> {
    for (let step = 1; step <= steps; step++) {
      const part = step / steps;
      await this.send("touchMove", [
        { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part },
      ]);
    }
  }

  up(): Promise<void> {
    return this.send("touchEnd", []);
  }

  /** Stays where it is until the page takes it for one that drags. */
  async hold(): Promise<void> {
    await this.page.locator(".drag-ghost").waitFor();
  }

  private async send(type: "touchStart" | "touchMove" | "touchEnd", touchPoints: Point[]): Promise<void> {
    await this.session.send("Input.dispatchTouchEvent", { type, touchPoints });
  }
}

function withTouch(viewport: { width: number; height: number }, path: string): Promise<Person> {
  return person(here.browser, here.service.url, { viewport, path, hasTouch: true, isMobile: true });
}

function row(page: Page, todo: string) {
  return page.getByRole("row").filter({ has: page.getByText(todo, { exact: true }) });
}

async function pointOn(page: Page, todo: string): Promise<Point> {
  const box = await row(page, todo).getByText(todo, { exact: true }).boundingBox();
  if (box === null) throw new Error(`${todo} is not in sight`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

journey("a finger that stays on a task takes it along, and it stays where the finger lets go", async () => {
  await using visitor = await withTouch(PHONE, "/#/inbox");
  const { page } = visitor;
  const finger = await Finger.of(page);
  await row(page, "four").waitFor();
  const [from, first] = [await pointOn(page, "three"), await pointOn(page, "one")];
  await finger.down(from);
  await finger.hold();
  await finger.move(from, { x: first.x, y: first.y - 6 });
  await finger.up();
  await page.getByText("“three” is now 1 of 4", { exact: true }).waitFor();
  expect(await page.locator(".drag-ghost, .drop-line, .details").count()).toBe(0);
  await page.locator(".sync[data-kind=saved]").first().waitFor({ state: "attached" });
  expect(await stored("/tasks")).toEqual(["three", "one", "two", "four"]);
  // The finger is free again: a short touch opens the task.
  await page.touchscreen.tap(from.x, from.y);
  await page.locator(".details").waitFor();
});

journey("a finger that moves at once scrolls the list and takes nothing along", async () => {
  await using visitor = await withTouch(PHONE, `/#/list/${long}`);
  const { page } = visitor;
  const finger = await Finger.of(page);
  await row(page, "Task 1").waitFor();
  const from = await pointOn(page, "Task 5");
  const before = await stored(`/tasks?checklist=${long}`);
  await finger.down(from);
  await finger.move(from, { x: from.x, y: from.y - 200 });
  await finger.up();
  await comesTrue(page, "document.scrollingElement.scrollTop > 100");
  expect(await page.locator(".drag-ghost, .details").count()).toBe(0);
  expect(await stored(`/tasks?checklist=${long}`)).toEqual(before);
});

journey(
  "a task held at the edge of the screen scrolls the list, and is dropped out of sight of where it was",
  async () => {
    await using visitor = await withTouch(PHONE, `/#/list/${long}`);
    const { page } = visitor;
    const finger = await Finger.of(page);
    await row(page, "Task 1").waitFor();
    const from = await pointOn(page, "Task 2");
    await finger.down(from);
    await finger.hold();
    await finger.move(from, { x: from.x, y: PHONE.height - 20 });
    await comesTrue(
      page,
      "document.scrollingElement.scrollTop + innerHeight >= document.scrollingElement.scrollHeight - 2",
    );
    await finger.up();
    await page.getByText(`“Task 2” is now ${MANY} of ${MANY}`, { exact: true }).waitFor();
  },
);

journey("on a tablet, a finger takes a task into a list of the side bar", async () => {
  await using visitor = await withTouch({ width: 1_024, height: 768 }, "/#/inbox");
  const { page } = visitor;
  const finger = await Finger.of(page);
  await row(page, "four").waitFor();
  const list = await page.getByRole("link", { name: /Garden/ }).boundingBox();
  const from = await pointOn(page, "four");
  await finger.down(from);
  await finger.hold();
  await finger.move(from, { x: (list?.x ?? 0) + 20, y: (list?.y ?? 0) + 10 });
  await finger.up();
  await row(page, "four").waitFor({ state: "detached" });
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  expect(await stored(`/tasks?checklist=${garden}`)).toEqual(["four"]);
});
