import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, HAL_FORMS, type Json, NDJSON, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

const LISTS_MAX = 1_000;
const LISTS_AT_ONCE = 50;
const SETUP_DEADLINE_MS = 300_000;

let service: Service;
let client: Client;
let list: Json;
/** In order of their due dates. */
let due: Json[];
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
  list = await client.checklist("Dated");
  const later = await client.task({ todo: "Later", dueDate: "2026-03-03" });
  const sooner = await client.task({ todo: "Sooner", dueDate: "2026-02-28", status: "in_progress" }, list);
  const last = await client.task({ todo: "Last", dueDate: "2026-03-04" }, list);
  due = [sooner, later, last];
  await client.task({ todo: "Done", dueDate: "2026-03-01", completed: true });
  await client.task({ todo: "Some day" });
  await client.task({ todo: "Much later", dueDate: "2027-01-01" });
});
afterAll(() => service[Symbol.asyncDispose]());

const AGENDA = "/agenda?until=2026-03-04";
const idsOf = (rows: readonly Json[]) => rows.map(({ id }) => id);

describe("GET /agenda", () => {
  test("is linked from the root by a template that names its parameters", async () => {
    const link = (await client.get("/")).json()._links.agenda;
    expect(link).toEqual({ href: `${service.url}/agenda{?until,size,after,checklist}`, templated: true });
  });

  test("has the open tasks that are due by then, with the same rows as GET of each", async () => {
    const page = (await client.get(AGENDA)).json();
    expect(page._embedded.tasks).toEqual(due);
    expect(page._links).toEqual({
      self: { href: service.url + AGENDA },
      first: { href: service.url + AGENDA },
    });
    expect(idsOf((await client.get("/agenda?until=2026-03-03")).json()._embedded.tasks)).toEqual(
      idsOf(due.slice(0, 2)),
    );
    expect((await client.get("/agenda?until=2026-02-27")).json()._embedded.tasks).toEqual([]);
  });

  test("of one checklist has only its tasks; of an unknown one it is 404", async () => {
    const page = (await client.get(`${AGENDA}&checklist=${list.id}`)).json();
    expect(idsOf(page._embedded.tasks)).toEqual([due[0]?.id ?? "", due[2]?.id ?? ""]);
    expect(page._links.self?.href).toBe(`${service.url}${AGENDA}&checklist=${list.id}`);
    for (const id of ["nobody", ""]) expect((await client.get(`${AGENDA}&checklist=${id}`)).status).toBe(404);
  });

  test("is paged by a cursor that names date, checklist and task; links keep the parameters, also in Link", async () => {
    const first = await client.get(`${AGENDA}&size=2`);
    const next = new URL(first.link("next")).searchParams;
    expect(next.get("after")).toMatch(/^d2026-03-03(-([2-7][0-9a-f]){1,255}){2}$/);
    expect([next.get("until"), next.get("size")]).toEqual(["2026-03-04", "2"]);
    expect(first.header("link")).toContain(`<${first.link("next")}>; rel="next"`);
    const second = await client.get(first.link("next"));
    expect(idsOf(second.json()._embedded.tasks)).toEqual([due[2]?.id ?? ""]);
    expect(second.link("self")).toBe(first.link("next"));
    expect(second.link("first")).toBe(`${service.url}${AGENDA}&size=2`);
    expect(second.json()._links.next).toBeUndefined();
    expect(await client.allIds(`${AGENDA}&size=1`, "tasks")).toEqual(idsOf(due));
  });

  test("as NDJSON is all of it, one task a line, from a cursor too", async () => {
    const lines = async (where: string) =>
      (await client.get(where, { accept: NDJSON })).text.split("\n").filter((line) => line !== "");
    expect((await lines(AGENDA)).map((line) => JSON.parse(line))).toEqual(due);
    const after = new URL((await client.get(`${AGENDA}&size=1`)).link("next")).searchParams.get("after");
    expect((await lines(`${AGENDA}&after=${after}`)).map((line) => JSON.parse(line).id)).toEqual(
      idsOf(due.slice(1)),
    );
    const sized = await client.get(`${AGENDA}&size=1`, { accept: NDJSON });
    expect(problem(sized).pointers).toEqual(["/query/size"]);
  });

  test("has an ETag, and 304 while nothing changed", async () => {
    const etag = (await client.get(AGENDA)).header("etag");
    expect((await client.get(AGENDA, { "if-none-match": etag })).status).toBe(304);
  });

  test("has the form for a task of the checklist", async () => {
    const forms = (await client.get(`${AGENDA}&checklist=${list.id}`, { accept: HAL_FORMS })).json();
    expect(forms._templates.default?.target).toBe(list._links.tasks?.href ?? "");
  });

  test("needs a day up to which to show tasks, and refuses anything else", async () => {
    for (const where of ["/agenda", "/agenda?until=", "/agenda?until=2026-02-29", "/agenda?until=tomorrow"])
      expect(problem(await client.get(where))).toEqual({
        status: 422,
        code: "validation-failed",
        pointers: ["/query/until"],
      });
    expect(problem(await client.get(`${AGENDA}&status=pending`)).pointers).toEqual(["/query/status"]);
    expect(problem(await client.get(`${AGENDA}&size=201`)).pointers).toEqual(["/query/size"]);
    expect((await client.post("/agenda", {})).status).toBe(405);
  });

  test("refuses a cursor that is not one of its own", async () => {
    const of = (await client.get("/tasks?size=1")).json()._links.next?.href ?? "";
    const other = new URL(of).searchParams.get("after") ?? "";
    const day = "d2026-03-03";
    for (const after of [other, "", "x", day, `${day}-61`, `${day}-61-`, `${day}-61-6`, `${day}-6A-61`]) {
      const reply = await client.get(`${AGENDA}&after=${after}`);
      expect([after, problem(reply).pointers]).toEqual([after, ["/query/after"]]);
    }
    for (const after of [
      "d2026-13-01-61-61",
      `${day}-00-61`,
      `${day}-ff-61`,
      `${day}-61-${"61".repeat(256)}`,
    ])
      expect(problem(await client.get(`${AGENDA}&after=${after}`)).pointers).toEqual(["/query/after"]);
    for (const after of [`${day}-61-61`, "d2026-02-31-61-61", "d0000-01-01-61-61"])
      expect((await client.get(`${AGENDA}&after=${after}`)).status).toBe(200);
  });

  test("follows a task that is completed, reopened, dated otherwise and deleted", async () => {
    const task = await client.task({ todo: "Moved about", dueDate: "2025-05-05" }, list);
    const where = "/agenda?until=2025-05-05";
    const shown = async () => idsOf((await client.get(where)).json()._embedded.tasks);
    expect(await shown()).toEqual([task.id]);
    await client.patch(self(task), { completed: true });
    expect(await shown()).toEqual([]);
    await client.patch(self(task), { completed: false });
    expect(await shown()).toEqual([task.id]);
    await client.patch(self(task), { dueDate: "2025-05-06" });
    expect(await shown()).toEqual([]);
    await client.patch(self(task), { dueDate: "2025-05-04" });
    expect(await shown()).toEqual([task.id]);
    await client.delete(self(task));
    expect(await shown()).toEqual([]);
  });

  test(
    "of more than 1,000 checklists is 409 too-many-checklists, unless one is named",
    async () => {
      const there = (await client.allIds("/checklists", "checklists")).length;
      const create = async (count: number) => {
        for (let left = count; left > 0; left -= LISTS_AT_ONCE)
          await Promise.all(
            Array.from({ length: Math.min(left, LISTS_AT_ONCE) }, () => client.checklist("Many")),
          );
      };
      await create(LISTS_MAX - there);
      expect(idsOf((await client.get(AGENDA)).json()._embedded.tasks)).toEqual(idsOf(due));
      await create(1);
      const refused = await client.get(AGENDA);
      expect(problem(refused)).toEqual({ status: 409, code: "too-many-checklists", pointers: [] });
      const page = await client.get(refused.json().type, { accept: "text/html" });
      expect([page.status, page.text.includes("Too many checklists")]).toEqual([200, true]);
      expect((await client.get(`${AGENDA}&checklist=${list.id}`)).status).toBe(200);
    },
    SETUP_DEADLINE_MS,
  );
});
