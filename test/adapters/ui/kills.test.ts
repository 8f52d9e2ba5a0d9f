import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Workspace } from "../../../src/adapters/ui/workspace/types.ts";
import { type Service, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { Browser, RETRYING_SOON, type Tab } from "./browser.ts";
import { made, servedTasks } from "./served.ts";
import { until } from "./until.ts";

/** In ordinary runs every other step. */
const STRIDE = FULL_SIZE ? 1 : 2;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

/** What the service has after each act, from none on. */
const STATES = [
  "",
  "one medium pending",
  "one medium pending, two medium pending",
  "changed high pending, two medium pending",
  "changed high completed, two medium pending",
  "changed high completed, gone medium pending, two medium pending",
  "changed high completed, two medium pending",
] as const;

/** Each act begins when the one before is durable. @param durable told the number of acts that are */
async function act({ acts, sync }: Workspace, list: string, durable: (count: number) => void): Promise<void> {
  const key = await acts.addTask({ todo: "one", labels: ["home"] }, list);
  durable(1);
  await acts.addTask({ todo: "two" }, list);
  durable(2);
  await acts.changeTasks([key], { todo: "changed", priority: "high" });
  durable(3);
  await until(() => sync.value.kind === "saved");
  await acts.setStatus([key], "completed");
  durable(4);
  const gone = await acts.addTask({ todo: "gone" }, list);
  durable(5);
  await acts.deleteTasks([gone]);
  durable(6);
  await until(() => sync.value.kind === "saved");
}

/** Opens the page. */
async function opened(browser: Browser, list: string, kills = () => false): Promise<Tab> {
  const tab = browser.open({ ...RETRYING_SOON, kills });
  await until(
    () => tab.workspace.list(list).value !== undefined && tab.workspace.connection.value === "online",
  );
  return tab;
}

function pictureOf(rows: readonly object[]): string {
  const texts = rows.map((row) => {
    const { todo, priority, status } = row as Record<string, unknown>;
    return `${todo} ${priority} ${status}`;
  });
  return texts.sort().join(", ");
}

/** @returns whether the page lived to the end */
async function survived(dies: number): Promise<boolean> {
  const list = await made(service, "/checklists", { name: `Dies at ${dies}` });
  const browser = new Browser(service.url);
  let stepsLeft = Number.POSITIVE_INFINITY;
  const tab = await opened(browser, list, () => --stepsLeft === 0);
  stepsLeft = dies;
  let durable = 0;
  const acted = act(tab.workspace, list, (count) => {
    durable = count;
  });
  await Promise.race([acted, tab.death]);
  // What it does after the acts is no step of them.
  stepsLeft = Number.POSITIVE_INFINITY;
  const lived = !tab.isDead;
  const { workspace } = lived ? tab : await opened(browser, list);
  await until(() => workspace.sync.value.kind === "saved", `in step after dying at step ${dies}`);
  const served = pictureOf(await servedTasks(service, list));
  // The act in which it died may have been durable, or not.
  expect(STATES.slice(durable, durable + 2), `after dying at step ${dies}`).toContain(served as never);
  await until(
    () => pictureOf(workspace.tasksOf(list).value) === served,
    `shown as served after step ${dies}`,
  );
  await workspace.close(false);
  await fetch(`${service.url}/checklists/${list}`, { method: "DELETE" });
  return lived;
}

test("the page dies at each step in turn: what was durable is at the service, once", async () => {
  let deaths = 0;
  while (!(await survived(1 + deaths * STRIDE))) deaths++;
  note(`the page died at ${deaths} different steps of 6 acts`);
  expect(deaths * STRIDE).toBeGreaterThan(30);
}, 300_000);
