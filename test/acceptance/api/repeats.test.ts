import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

const WEEKLY = { dueDate: "2026-03-02", repeat: "FREQ=WEEKLY;BYDAY=MO,TH" };
/** A Sunday. */
const TODAY = { "todos-day": "2026-03-01" };

async function repeating(members: Readonly<Record<string, unknown>> = {}): Promise<Json> {
  const list = await client.checklist();
  return client.task({ ...WEEKLY, checklist: list.id, ...members });
}

/** Where its tasks are listed. */
async function tasksOf(task: Json): Promise<readonly Json[]> {
  return (await client.get(task._links.collection?.href ?? "")).json()._embedded.tasks;
}

const completed = (task: Json, headers: Readonly<Record<string, string>> = TODAY) =>
  client.ask("PATCH", self(task), { body: { completed: true }, headers });

test("completing a task that repeats keeps it, and makes the next one with a link each way", async () => {
  const task = await repeating({ labels: ["home"], priority: "high", description: "d", repeatFrom: "due" });
  expect(task).toMatchObject({ ...WEEKLY, repeatFrom: "due", completed: false });
  const reply = await completed(task);
  const done = reply.json();
  expect([reply.status, done.completed, done.dueDate]).toEqual([200, true, WEEKLY.dueDate]);
  expect(done).not.toContainAnyKeys(["repeat", "repeatFrom"]);
  const next = (await client.get(reply.link("next"))).json();
  expect(next).toMatchObject({
    todo: task.todo,
    description: "d",
    priority: "high",
    labels: ["home"],
    completed: false,
    status: "pending",
    dueDate: "2026-03-05",
    repeat: WEEKLY.repeat,
    repeatFrom: "due",
    rank: next.id,
  });
  expect(next._links.previous?.href).toBe(self(task));
  expect((await client.get(self(next))).header("etag")).toStartWith(`"1.`);
  expect((await tasksOf(task)).map(({ id }) => id)).toEqual([task.id, next.id]);
});

test("a series is counted down, and its last task has no next one", async () => {
  let task = await repeating({ dueDate: "2026-03-02", repeat: "rrule:freq=daily;count=3" });
  expect(task.repeat).toBe("FREQ=DAILY;COUNT=3");
  for (const [dueDate, repeat] of [
    ["2026-03-03", "FREQ=DAILY;COUNT=2"],
    ["2026-03-04", "FREQ=DAILY;COUNT=1"],
  ] as const) {
    task = (await client.get((await completed(task)).link("next"))).json();
    expect(task).toMatchObject({ dueDate, repeat });
  }
  const last = (await completed(task)).json();
  expect(last.completed).toBe(true);
  expect(last).not.toContainKey("repeat");
  expect(last._links).not.toContainKey("next");
  expect(await tasksOf(task)).toHaveLength(3);
});

test("Todos-Day is the day after which the next date comes; without it, it is the day in UTC", async () => {
  const late = await repeating({ repeat: "FREQ=DAILY", dueDate: "2026-03-01" });
  const next = (await client.get((await completed(late, { "todos-day": "2026-03-09" })).link("next"))).json();
  expect(next.dueDate).toBe("2026-03-10");

  const counted = await repeating({ repeat: "FREQ=WEEKLY", repeatFrom: "completion" });
  const headers = { "todos-day": "2026-04-01" };
  const body = { ...counted, status: "completed", completed: undefined };
  const put = await client.ask("PUT", self(counted), { body, headers });
  expect((await client.get(put.link("next"))).json()).toMatchObject({
    dueDate: "2026-04-08",
    repeatFrom: "completion",
  });

  const before = new Date().toISOString().slice(0, 10);
  const today = await repeating({ repeat: "FREQ=DAILY", dueDate: "2026-03-01" });
  const { dueDate } = (await client.get((await completed(today, {})).link("next"))).json();
  const after = new Date().toISOString().slice(0, 10);
  const dayAfter = (day: string) => new Date(Date.parse(day) + 86_400_000).toISOString().slice(0, 10);
  expect([dayAfter(before), dayAfter(after)]).toContain(dueDate as string);
});

test("a Todos-Day that is no day → 422 with a pointer to it, nothing changed", async () => {
  const task = await repeating();
  for (const day of ["2026-02-30", "today", "2026-3-1", "2026-03-01T00:00:00Z"]) {
    expect([day, problem(await completed(task, { "todos-day": day }))]).toEqual([
      day,
      { status: 422, code: "validation-failed", pointers: ["/header/Todos-Day"] },
    ]);
  }
  expect((await client.get(self(task))).json()).toEqual(task);
});

test("a request to complete it that is repeated makes no second next task", async () => {
  const task = await repeating();
  const body = { ...task, status: "completed", completed: undefined };
  const first = await client.ask("PUT", self(task), { body, headers: TODAY });
  for (const again of [
    await client.ask("PUT", self(task), { body, headers: TODAY }),
    await completed(task),
    await client.ask("PUT", self(task), { body, headers: TODAY }),
  ]) {
    expect([again.status, again.link("next")]).toEqual([200, first.link("next")]);
    expect(again.json()).not.toContainKey("repeat");
  }
  expect(await tasksOf(task)).toHaveLength(2);
});

test("of two people who complete the version they saw one gets 412, and there is one next task", async () => {
  const task = await repeating();
  const etag = (await client.get(self(task))).header("etag");
  const replies = await Promise.all([
    completed(task, { ...TODAY, "if-match": etag }),
    completed(task, { ...TODAY, "if-match": etag }),
  ]);
  expect(replies.map(({ status }) => status).sort()).toEqual([200, 412]);
  expect(await tasksOf(task)).toHaveLength(2);
});

test("a completed task that is opened again has no rule, and keeps its link to the next one", async () => {
  const task = await repeating();
  const next = (await completed(task)).link("next");
  const opened = await client.patch(self(task), { status: "pending" });
  expect(opened.link("next")).toBe(next);
  expect(opened.json()).not.toContainKey("repeat");
  expect((await client.get(next)).status).toBe(200);
});

test("null removes a rule and what it is counted from; PUT without one does, too", async () => {
  const task = await repeating({ repeatFrom: "completion" });
  expect((await client.patch(self(task), { todo: "y" })).json()).toMatchObject({ repeatFrom: "completion" });
  expect((await client.patch(self(task), { repeatFrom: null })).json()).toMatchObject({ repeatFrom: "due" });
  expect((await client.patch(self(task), { repeat: null })).json()).not.toContainAnyKeys([
    "repeat",
    "repeatFrom",
  ]);
  expect((await client.patch(self(task), { repeat: "FREQ=DAILY" })).json().repeat).toBe("FREQ=DAILY");
  expect((await client.put(self(task), { todo: "x", dueDate: "2026-03-01" })).json()).not.toContainKey(
    "repeat",
  );
  await completed(task);
  expect(await tasksOf(task)).toHaveLength(1);
});

test("a rule that is none, or that the task can't have → 422 with a pointer, nothing stored", async () => {
  const task = await client.task({ dueDate: "2026-03-01" });
  const wrong: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
    [{ repeat: "every day" }, "/repeat"],
    [{ repeat: "FREQ=HOURLY" }, "/repeat"],
    [{ repeat: "FREQ=DAILY;UNTIL=20260101T000000Z" }, "/repeat"],
    [{ repeat: "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30" }, "/repeat"],
    [{ repeat: `FREQ=DAILY;BYMONTHDAY=${"1,".repeat(250)}1` }, "/repeat"],
    [{ repeat: 1 }, "/repeat"],
    [{ repeat: "FREQ=DAILY", dueDate: null }, "/repeat"],
    [{ repeatFrom: "due" }, "/repeatFrom"],
    [{ repeat: "FREQ=DAILY", repeatFrom: "start" }, "/repeatFrom"],
  ];
  for (const [members, pointer] of wrong) {
    const { dueDate = task.dueDate, ...rest } = members;
    const body = { todo: "x", ...rest, ...(dueDate === null ? {} : { dueDate }) };
    for (const reply of [
      await client.post("/tasks", body),
      await client.put(self(task), body),
      await client.patch(self(task), members),
    ]) {
      expect([members, problem(reply)]).toEqual([
        members,
        { status: 422, code: "validation-failed", pointers: [pointer] },
      ]);
    }
  }
  const completedAlready = await client.post("/tasks", { todo: "x", ...WEEKLY, completed: true });
  expect(problem(completedAlready)).toMatchObject({ status: 422, pointers: ["/repeat"] });
  expect(completedAlready.json().detail).toContain("already completed");
  expect((await client.get(self(task))).json()).toEqual(task);
});

test("a due date can't be taken from a task that repeats", async () => {
  const task = await repeating();
  expect(problem(await client.patch(self(task), { dueDate: null }))).toMatchObject({
    status: 422,
    pointers: ["/repeat"],
  });
  expect((await client.patch(self(task), { dueDate: null, repeat: null })).status).toBe(200);
});

test("forms offer the rule and what it is counted from, with the task's values", async () => {
  const task = await repeating({ repeatFrom: "completion" });
  const form = (await client.get(self(task), { accept: HAL_FORMS })).json()._templates.default;
  const property = (name: string) => form?.properties.find((each) => each.name === name);
  expect(property("repeat")).toMatchObject({ type: "text", maxLength: 500, value: WEEKLY.repeat });
  expect(property("repeatFrom")).toMatchObject({
    value: "completion",
    options: { inline: ["due", "completion"] },
  });
});
