import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

/** One character of two UTF-16 units and four bytes. */
const EMOJI = "🧺";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

async function labelsOf(task: Json): Promise<unknown> {
  return (await client.get(self(task))).json().labels;
}

test("labels are kept in the order given, trimmed and otherwise as they are", async () => {
  const task = await client.task({ labels: [" home", "Äpfel", "e\u0301", "a  b", EMOJI.repeat(50)] });
  const kept = ["home", "Äpfel", "e\u0301", "a  b", EMOJI.repeat(50)];
  expect(task.labels).toEqual(kept);
  expect(await labelsOf(task)).toEqual(kept);
});

test("a task has 20 labels at most", async () => {
  const labels = Array.from({ length: 20 }, (_, index) => `label ${index}`);
  expect((await client.task({ labels })).labels).toEqual(labels);
  expect(problem(await client.post("/tasks", { todo: "x", labels: [...labels, "one more"] }))).toEqual({
    status: 422,
    code: "validation-failed",
    pointers: ["/labels"],
  });
});

test("a label that is blank, too long, repeated or has a comma → 422 with a pointer to it, nothing stored", async () => {
  const task = await client.task({ labels: ["kept"] });
  const wrong: readonly (readonly [unknown, readonly string[]])[] = [
    [["a", " "], ["/labels/1"]],
    [["a,b"], ["/labels/0"]],
    [["x".repeat(51)], ["/labels/0"]],
    [["a\u0000"], ["/labels/0"]],
    [
      ["Home", "errand", "home ", "ERRAND"],
      ["/labels/2", "/labels/3"],
    ],
    [["straße", "STRASSE"], ["/labels/1"]],
    [
      [1, "a", null],
      ["/labels/0", "/labels/2"],
    ],
    ["home", ["/labels"]],
    [{ 0: "a" }, ["/labels"]],
    [7, ["/labels"]],
  ];
  for (const [labels, pointers] of wrong) {
    for (const reply of [
      await client.post("/tasks", { todo: "x", labels }),
      await client.put(self(task), { todo: "x", labels }),
      await client.patch(self(task), { labels }),
    ]) {
      expect([labels, problem(reply)]).toEqual([
        labels,
        { status: 422, code: "validation-failed", pointers: [...pointers] },
      ]);
    }
  }
  expect(await labelsOf(task)).toEqual(["kept"]);
});

test("PATCH replaces the labels, null or none at all removes them, and other members leave them alone", async () => {
  const task = await client.task({ labels: ["a", "b"] });
  for (const [patch, labels] of [
    [{ todo: "y" }, ["a", "b"]],
    [{ labels: ["c"] }, ["c"]],
    [{ labels: null }, []],
    [{ labels: ["d"] }, ["d"]],
    [{ labels: [] }, []],
  ] as const) {
    const reply = await client.patch(self(task), patch);
    expect([reply.status, reply.json().labels]).toEqual([200, labels as unknown]);
    expect(await labelsOf(task)).toEqual(labels as unknown);
  }
});

test("PUT takes back the labels that GET gave, and removes them if it leaves them out", async () => {
  const task = await client.task({ labels: ["a", "b"] });
  expect((await client.put(self(task), task)).json().labels).toEqual(["a", "b"]);
  expect((await client.put(self(task), { todo: "x" })).json().labels).toEqual([]);
});

test("forms offer the current labels as choices, all selected", async () => {
  const task = await client.task({ labels: ["b", "A"] });
  const { _templates: forms } = (await client.get(self(task), { accept: HAL_FORMS })).json();
  for (const name of ["default", "patch"]) {
    expect(forms[name]?.properties.find((property) => property.name === "labels")).toMatchObject({
      options: { inline: ["b", "A"], selectedValues: ["b", "A"], maxItems: 20 },
    } as never);
  }
});
