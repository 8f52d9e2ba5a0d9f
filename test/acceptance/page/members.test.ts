import { beforeAll, expect } from "bun:test";
import type { Page } from "playwright-core";
import { type Json, self } from "../../support/client.ts";
import {
  type Person as Client,
  expectStatus,
  firstAdmin,
  invited,
  PASSWORD,
  share,
  startWithAccounts,
} from "../accounts/support.ts";
import { clean, go, SCRIPT, signIn } from "./people.ts";
import { journey, type Person, PHONE, person, picture, START_DEADLINE_MS, world } from "./support.ts";

const here = world(() => startWithAccounts());
let root: Client;
let vera: Client;
let list: Json;

beforeAll(async () => {
  root = await firstAdmin(here.service);
  vera = await invited(root, "vera");
  list = expectStatus(await root.post("/checklists", { name: "Holidays" }), 201).json();
  const tasks = `/tasks?checklist=${list.id}`;
  const flight = {
    todo: "Book the flight",
    description: "See **the mail**",
    labels: ["trip"],
    priority: "high",
  };
  expectStatus(await root.post(tasks, { ...flight, dueDate: "2026-12-24", repeat: "FREQ=YEARLY" }), 201);
  expectStatus(await root.post(tasks, { todo: "Pack", status: "completed" }), 201);
  const swim = expectStatus(await root.post(tasks, { todo: "Learn to swim" }), 201).json();
  expectStatus(await root.delete(self(swim)), 204);
  await share(root, list, vera, "viewer");
}, START_DEADLINE_MS);

async function signedIn(login: string, options: Parameters<typeof person>[2] = {}): Promise<Person> {
  const made = await person(here.browser, here.service.url, options);
  await signIn(made.page, login, PASSWORD);
  await made.page.locator(".main").waitFor();
  return made;
}

/** Whatever can be pressed or typed into there, by its name; links only lead somewhere. */
function controls(page: Page, within: string): Promise<readonly string[]> {
  const all = "button, input, select, textarea, [role=checkbox], [contenteditable]";
  return page.evaluate<readonly string[]>(
    `[...document.querySelector(${JSON.stringify(within)}).querySelectorAll(${JSON.stringify(all)})]
      .map((each) => (each.getAttribute("aria-label") ?? each.textContent ?? each.tagName).trim())`,
  );
}

/** What the service has of the list, with every member. */
async function stored(): Promise<unknown> {
  return expectStatus(await root.get(`/tasks?checklist=${list.id}`), 200).json()._embedded;
}

journey(
  "what the service gives a viewer no form for is nowhere: no button, no field, no command, no key",
  async () => {
    await using visitor = await signedIn("vera");
    const { page } = visitor;
    await page.getByRole("link", { name: /Holidays/ }).click();
    const row = page.getByRole("row").filter({ hasText: "Book the flight" });
    await row.waitFor();
    const before = await stored();
    await page.getByRole("button", { name: "Show 1 completed task" }).click();
    // To leave the list is a member's right, and stands in the dialog that says who is in it.
    const ofList = ["Share “Holidays”", "Export “Holidays”", "Hide 1 completed task"];
    expect(await controls(page, ".main")).toEqual(ofList);
    await clean(page, "viewer");
    await row.getByText("Book the flight").click();
    await page.getByRole("complementary").getByText("See the mail").waitFor();
    await page.getByRole("complementary").getByText("Every year").waitFor();
    expect(await controls(page, ".details")).toEqual(["Close"]);
    await clean(page, "viewer-details");
    await page.getByRole("button", { name: "Close" }).click();
    await row.getByText("Book the flight").dblclick();
    await page.keyboard.press("Escape");
    await page.locator(".details").waitFor({ state: "detached" });
    for (const key of ["Space", "e", "d", "l", "p", "m", "r", "s", "Delete", "#", "Alt+ArrowDown"])
      await page.keyboard.press(key);
    expect(await page.locator("dialog, .row-edit, .toast").count()).toBe(0);
    await page.keyboard.press("x");
    await page.getByRole("region", { name: "Selected tasks" }).waitFor();
    expect(await controls(page, ".many")).toEqual(["Select none"]);
    const box = await row.getByText("Book the flight").boundingBox();
    await page.mouse.move((box?.x ?? 0) + 5, (box?.y ?? 0) + 5);
    await page.mouse.down();
    await page.mouse.move((box?.x ?? 0) + 60, (box?.y ?? 0) + 80, { steps: 4 });
    expect(await page.locator(".drag-ghost").count()).toBe(0);
    await page.mouse.up();
    await page.keyboard.press("ControlOrMeta+k");
    await page.getByRole("combobox").fill("list");
    await page.getByRole("option", { name: "Export this list" }).waitFor();
    const offered = await page.getByRole("option").allInnerTexts();
    expect(offered.filter((text) => /Rename|trash|Move|Complete|Edit/.test(text))).toEqual([]);
    await page.keyboard.press("Escape");
    await go(page, "trash");
    await page.getByLabel("Deleted tasks of").selectOption({ label: "Holidays" });
    await page.getByText("Learn to swim").waitFor();
    expect(await page.locator(".entries button").count()).toBe(0);
    expect(await stored()).toEqual(before);
  },
);

journey(
  "an invitation shows in the side bar until it is answered; the list it was to comes there",
  async () => {
    await using visitor = await signedIn("vera");
    const { page } = visitor;
    await page.getByRole("link", { name: /Holidays/ }).waitFor();
    expect(await page.getByRole("link", { name: /^Invitations/ }).count()).toBe(0);
    const chores = expectStatus(await root.post("/checklists", { name: "Chores" }), 201).json();
    expectStatus(
      await root.post(`/checklists/${chores.id}/invitations`, { login: "vera", role: "editor" }),
      202,
    );
    // It is looked for whenever the person comes back to the page.
    await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))");
    const link = page.getByRole("link", { name: /^Invitations.*1 invitation$/ });
    await link.waitFor();
    await picture(page, "accounts-invited");
    await link.click();
    await page.getByRole("button", { name: "Accept the list Chores" }).click();
    await page.getByRole("link", { name: /Chores/ }).waitFor();
    await link.waitFor({ state: "detached" });
  },
);

/** Every screen and dialog that shows a name; and what stands there when it is drawn. */
const PLACES = ["inbox", "today", "upcoming", "overdue", "search?q=img", "trash", "settings"];
const OF_ACCOUNT = ["account", "security", "invitations", "sessions", "tokens", "users"];

journey(
  "names of people, lists and tasks with HTML in them are text on every page and in every dialog",
  async () => {
    const mallory = await invited(root, "mallory");
    expectStatus(await mallory.patch("/me", { name: SCRIPT }), 200);
    expectStatus(await root.patch("/me", { name: SCRIPT }), 200);
    const bad = expectStatus(await mallory.post("/checklists", { name: SCRIPT }), 201).json();
    const task = { todo: SCRIPT, description: SCRIPT, labels: ["<b>bold</b>"], dueDate: "2026-01-01" };
    for (const path of ["/tasks", `/tasks?checklist=${bad.id}`]) {
      const made = expectStatus(await mallory.post(path, task), 201).json();
      expectStatus(await mallory.post(path, { ...task, dueDate: "2030-01-01" }), 201);
      expectStatus(await mallory.delete(self(made)), 204);
    }
    expectStatus(await mallory.post("/tasks", { ...task, dueDate: "2026-01-02" }), 201);
    expectStatus(await mallory.post("/tokens", { name: SCRIPT, scopes: ["read"] }), 201);
    const open = expectStatus(await root.post("/checklists", { name: SCRIPT }), 201).json();
    expectStatus(
      await root.post(`/checklists/${open.id}/invitations`, { login: "mallory", role: "editor" }),
      202,
    );
    await share(mallory, bad, root, "editor");
    for (const login of ["mallory", "root"]) {
      await using visitor = await signedIn(login, login === "root" ? { viewport: PHONE } : {});
      const { page } = visitor;
      for (const place of [...PLACES, ...OF_ACCOUNT.map((part) => `settings/${part}`), `list/${bad.id}`]) {
        await go(page, place);
        await page.locator(".main > *").first().waitFor();
        await expectText(page, `${login} at ${place}`);
      }
      await page.getByRole("row").first().waitFor();
      for (const [keys, seen] of [
        [["j", "o"], ".details .markdown"],
        [["ControlOrMeta+k"], "dialog .option"],
        [["m"], "dialog .option"],
        [["l"], "dialog .option"],
      ] as const) {
        for (const key of keys) await page.keyboard.press(key);
        await page.locator(seen).first().waitFor();
        await expectText(page, `${login}: ${keys.join(" ")}`);
        await page.keyboard.press("Escape");
        await page.locator("dialog").waitFor({ state: "detached" });
      }
      await page.getByRole("button", { name: /^Share/ }).click();
      await page.locator("dialog .entries").first().waitFor();
      await expectText(page, `${login}: share`);
    }
  },
);

/** The name stands there as it is, and nothing has come of it: no element, no title, nothing that ran. */
async function expectText(page: Page, where: string): Promise<void> {
  expect([where, await page.locator("img, #app script, #app b").count()]).toEqual([where, 0]);
  expect([where, await page.title()]).toEqual([where, expect.not.stringMatching(/^owned/)]);
}
