import { afterAll, beforeAll, expect, test } from "bun:test";
import { effect } from "@preact/signals";
import { type Service, startService } from "../../support/service.ts";
import { Browser } from "./browser.ts";
import { until } from "./until.ts";

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

test("a task added here is shown at once, and then the service has it", async () => {
  const { workspace } = new Browser(service.url).open();
  await until(() => workspace.lists.value.length > 0);
  const key = await workspace.acts.addTask({ todo: "Buy milk" });
  expect(workspace.task(key).value).toMatchObject({ todo: "Buy milk", pending: true });
  await until(() => workspace.sync.value.kind === "saved");
  const row = workspace.task(key).value;
  expect(row).toMatchObject({ todo: "Buy milk", pending: false, status: "pending" });
  const answer = await fetch(`${service.url}/tasks/${row?.id}`);
  expect(await answer.json()).toMatchObject({ todo: "Buy milk" });
  await workspace.acts.setStatus([key], "completed");
  await workspace.acts.changeTasks([key], { labels: ["home"], dueDate: "2026-12-24" });
  await until(() => workspace.sync.value.kind === "saved");
  expect(await (await fetch(`${service.url}/tasks/${row?.id}`)).json()).toMatchObject({
    completed: true,
    labels: ["home"],
  });
  await workspace.acts.deleteTasks([key]);
  await until(() => workspace.sync.value.kind === "saved");
  expect((await fetch(`${service.url}/tasks/${row?.id}`)).status).toBe(404);
  await workspace.undo();
  await until(() => workspace.sync.value.kind === "saved");
  expect((await fetch(`${service.url}/tasks/${row?.id}`)).status).toBe(200);
  await workspace.close(true);
});

test("nothing is called saved before it is known what there is; later, what can't be seen now is said", async () => {
  const browser = new Browser(service.url);
  const answer = Promise.withResolvers<void>();
  const first = browser.open({
    fetch: async (url, init) => {
      await answer.promise;
      return fetch(url, init);
    },
  });
  const { workspace } = first;
  expect(workspace.sync.value).toEqual({ kind: "opening" });
  const kinds: string[] = [];
  const stop = effect(() => void kinds.push(workspace.sync.value.kind));
  answer.resolve();
  await until(() => workspace.connection.value === "online");
  stop();
  expect(new Set(kinds)).toEqual(new Set(["opening", "saved"]));
  expect(workspace.lists.value).not.toBeEmpty();
  expect(workspace.sync.value).toEqual({ kind: "saved" });
  first.kill();
  browser.cut();
  const again = browser.open().workspace;
  await until(() => again.connection.value === "offline");
  expect(again.sync.value).toEqual({ kind: "saved", away: "offline" });
  await again.close(true);
});
