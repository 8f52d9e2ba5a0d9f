import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  Client,
  HAL_FORMS,
  type Json,
  problem,
  self,
  type Template,
  type TemplateProperty,
} from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

/** What `repeatFrom` needs beside it, which a form can't say. */
const REPEATING = { dueDate: "2026-12-24", repeat: "FREQ=WEEKLY;BYDAY=MO,TH" };

let service: Service;
let client: Client;
let list: Json;
let task: Json;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("With forms");
  const labels = ["home", "errand"];
  task = await client.task({ todo: "Filled in", description: "More", priority: "low", labels }, list);
});
afterAll(() => service[Symbol.asyncDispose]());

async function templates(where: string): Promise<Readonly<Record<string, Template>>> {
  return (await client.get(where, { accept: HAL_FORMS })).json()._templates;
}

/** A value that the form allows. */
function filled(property: TemplateProperty): unknown {
  if (property.options) return chosen(property, property.options.inline[0] ?? "a label");
  if (property.type === "date") return REPEATING.dueDate;
  if (property.name === "repeat") return REPEATING.repeat;
  return property.name === "checklist" ? list.id : "x".repeat(property.maxLength ?? 1);
}

/** What to send for one choice: a member with several values takes a list. */
function chosen({ options }: TemplateProperty, value: unknown): unknown {
  return options?.selectedValues ? [value] : value;
}

function send(template: Template, body: unknown) {
  const headers = template.contentType === undefined ? {} : { "content-type": template.contentType };
  return client.ask(template.method, template.target, { headers, ...(body === undefined ? {} : { body }) });
}

const PLACES: readonly (readonly [string, () => string, readonly string[]])[] = [
  ["/", () => "/", ["default", "create-task"]],
  ["/checklists", () => "/checklists", ["default"]],
  ["a list", () => self(list), ["default", "patch", "delete"]],
  ["/tasks", () => "/tasks", ["default"]],
  ["/search", () => "/search?q=milk", ["default"]],
  ["/agenda", () => "/agenda?until=2026-12-24", ["default"]],
  ["a list's tasks", () => list._links.tasks?.href ?? "", ["default"]],
  ["a task", () => self(task), ["default", "patch", "delete"]],
];

for (const [what, where, names] of PLACES) {
  test(`${what} has forms only if the client asks for them`, async () => {
    expect(Object.keys(await templates(where()))).toEqual([...names]);
    expect((await client.get(where())).json()._templates).toBeUndefined();
  });

  test(`${what}: each form, filled in as described, is accepted, and refused if a required member is missing`, async () => {
    for (const [name, form] of Object.entries(await templates(where()))) {
      if (form.method === "DELETE") continue;
      const { properties } = form;
      const body = Object.fromEntries(properties.map((property) => [property.name, filled(property)]));
      const reply = await send(form, body);
      expect([name, reply.status]).toEqual([name, form.method === "POST" ? 201 : 200]);
      for (const { name: required } of properties.filter((property) => property.required)) {
        const { [required]: _left, ...rest } = body;
        expect(problem(await send(form, rest)).pointers).toEqual([`/${required}`]);
      }
      for (const property of properties.filter(({ maxLength }) => maxLength !== undefined)) {
        const long = { ...body, [property.name]: "x".repeat((property.maxLength ?? 0) + 1) };
        expect(problem(await send(form, long)).pointers).toEqual([`/${property.name}`]);
      }
    }
  });

  test(`${what}: every choice a form offers is accepted`, async () => {
    for (const form of Object.values(await templates(where()))) {
      const required = form.properties.filter((property) => property.required);
      const least = Object.fromEntries(required.map((property) => [property.name, filled(property)]));
      for (const property of form.properties) {
        const needed = property.name === "repeatFrom" ? { ...REPEATING, status: "pending" } : {};
        for (const value of property.options?.inline ?? []) {
          const reply = await send(form, { ...least, ...needed, [property.name]: chosen(property, value) });
          expect([property.name, value, reply.status < 300]).toEqual([property.name, value, true]);
        }
      }
    }
  });
}

for (const name of ["default", "patch"]) {
  test(`the form ${name}, sent as filled in, changes nothing but the version`, async () => {
    for (const resource of [
      await client.checklist("Same"),
      await client.task({ todo: "Same", status: "completed", priority: "high", dueDate: "2026-01-02" }),
      await client.task({ todo: "Same", status: "in_progress", description: "More", labels: ["b", "A"] }),
      await client.task({ todo: "Same", ...REPEATING, repeatFrom: "completion" }),
    ]) {
      const form = (await templates(self(resource)))[name];
      if (!form) throw new Error(`there is no form ${name}`);
      // Empty fields are sent as empty texts, as in a browser.
      const body = Object.fromEntries(
        form.properties.map(({ name, value, options }) => [name, options?.selectedValues ?? value ?? ""]),
      );
      for (const type of [form.contentType ?? "", HAL_FORMS]) {
        const reply = await client.ask(form.method, form.target, { body, headers: { "content-type": type } });
        expect([reply.status, { ...reply.json(), updatedAt: resource.updatedAt }]).toEqual([200, resource]);
      }
    }
  });
}

test("forms contain texts, offer status and not completed, and are sent as JSON", async () => {
  for (const form of Object.values(await templates(self(task)))) {
    expect(form.contentType ?? "application/json").toBe("application/json");
    expect(form.properties.map(({ name }) => name)).not.toContain("completed");
    expect(form.properties.filter(({ value }) => value !== undefined && typeof value !== "string")).toEqual(
      [],
    );
  }
});

test("the form to create a task in a list creates it there", async () => {
  const form = (await templates(list._links.tasks?.href ?? "")).default;
  const made = await client.post(form?.target ?? "", { todo: "Here" });
  expect(made.link("checklist")).toBe(self(list));
});

test("the form to delete deletes", async () => {
  const gone = await client.task({}, list);
  const form = (await templates(self(gone))).delete;
  expect(form?.properties).toEqual([]);
  expect((await client.ask(form?.method ?? "", form?.target ?? "")).status).toBe(204);
  expect((await client.get(self(gone))).status).toBe(404);
});
