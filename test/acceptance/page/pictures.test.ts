import { beforeAll } from "bun:test";
import { servedRows } from "./rows.ts";
import { journey, PHONE, person, picture, START_DEADLINE_MS, world } from "./support.ts";

const here = world();
/** A Monday morning. */
const NOW = new Date("2026-11-30T08:30:00Z");

const { post } = servedRows(() => here.service.url);

let wedding = "";
let speech = "";
beforeAll(async () => {
  const home = await post("/checklists", { name: "Home" });
  wedding = await post("/checklists", { name: "Wedding" });
  const work = await post("/checklists", { name: "Work" });
  await post("/tasks", { todo: "Call Ada about the tickets", dueDate: "2026-11-30", labels: ["calls"] });
  await post("/tasks", { todo: "A book for the train" });
  const weekly = { repeat: "FREQ=WEEKLY;BYDAY=MO", labels: ["garden"] };
  await post(`/tasks?checklist=${home}`, { todo: "Water the plants", dueDate: "2026-11-30", ...weekly });
  const rent = { priority: "high", repeat: "FREQ=MONTHLY;BYMONTHDAY=-1" };
  await post(`/tasks?checklist=${home}`, { todo: "Pay the rent", dueDate: "2026-11-30", ...rent });
  await post(`/tasks?checklist=${home}`, { todo: "Fix the bicycle", dueDate: "2026-12-05" });
  speech = await post(`/tasks?checklist=${wedding}`, {
    todo: "Write the speech",
    dueDate: "2026-11-30",
    status: "in_progress",
    labels: ["family"],
    description: "Five minutes at most:\n\n- how they met\n- the *boat*\n- a toast",
  });
  await post(`/tasks?checklist=${wedding}`, {
    todo: "Order the cake",
    dueDate: "2026-12-02",
    labels: ["calls"],
  });
  await post(`/tasks?checklist=${work}`, {
    todo: "Send the offer to Grace",
    dueDate: "2026-11-27",
    priority: "high",
  });
  await post(`/tasks?checklist=${work}`, {
    todo: "Plan the week",
    dueDate: "2026-11-30",
    repeat: "FREQ=WEEKLY",
  });
}, START_DEADLINE_MS);

journey("pictures for the README and for the page's own document: today, a phone, and a clash", async () => {
  await using visitor = await person(here.browser, here.service.url, {
    viewport: { width: 1_340, height: 760 },
    path: undefined,
  });
  const { page } = visitor;
  await page.clock.setFixedTime(NOW);
  await page.goto(`${here.service.url}/#/today`);
  await page.getByRole("row").filter({ hasText: "Write the speech" }).focus();
  await page.keyboard.press("o");
  await page.getByText("how they met").waitFor();
  await page.getByRole("row").filter({ hasText: "Write the speech" }).waitFor();
  await page.locator(".side .sync[data-kind=saved]").waitFor();
  await picture(page, "page", true);
  await page.emulateMedia({ colorScheme: "dark" });
  await picture(page, "page-dark", true);

  await visitor.context.setOffline(true);
  await page.getByLabel("Task", { exact: true }).fill("Write the speech, in rhyme");
  await page.getByLabel("Task", { exact: true }).blur();
  await page.locator(".side .sync").filter({ hasText: "1 change not sent" }).waitFor();
  const headers = { "content-type": "application/merge-patch+json" };
  const body = JSON.stringify({ todo: "Write a short speech" });
  await fetch(`${here.service.url}/tasks/${speech}?checklist=${wedding}`, { method: "PATCH", headers, body });
  await visitor.context.setOffline(false);
  await page.emulateMedia({ colorScheme: "light" });
  await page.locator(".side .sync").filter({ hasText: "not sent" }).click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("Write a short speech", { exact: true }).waitFor();
  await picture(page, "page-clash", true);
  await page.keyboard.press("Escape");

  await page.setViewportSize({ ...PHONE, height: 560 });
  await page.goto(`${here.service.url}/#/today`);
  await page.getByRole("row").first().waitFor();
  await picture(page, "page-phone", true);
});
