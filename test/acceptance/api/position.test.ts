import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type Json, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";
import { FULL_SIZE, note } from "../../support/size.ts";
import { inOrder, orderOf } from "./order.ts";

const MOVES = FULL_SIZE ? 2_000 : 200;
const RANK_CHARS_MAX = 511;

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

/** A list with three tasks, in the order of their creation. */
async function three(): Promise<{ list: Json; tasks: [Json, Json, Json] }> {
  const list = await client.checklist("In order");
  return {
    list,
    tasks: [await client.task({}, list), await client.task({}, list), await client.task({}, list)],
  };
}

test("PATCH and PUT move a task between its neighbours, POST makes one there", async () => {
  const { list, tasks } = await three();
  const [a, b, c] = tasks;
  const patched = await client.patch(self(c), { position: { after: null, before: a.id } });
  expect(patched.status).toBe(200);
  expect(patched.json()).toEqual({ ...c, rank: patched.json().rank, updatedAt: patched.json().updatedAt });
  expect(await orderOf(client, list)).toEqual([c.id, a.id, b.id]);
  const put = await client.put(self(c), { ...c, position: { after: b.id, before: null } });
  expect([put.status, await orderOf(client, list)]).toEqual([200, [a.id, b.id, c.id]]);
  const d = await client.task({ position: { after: a.id, before: b.id } }, list);
  expect(await orderOf(client, list)).toEqual([a.id, d.id, b.id, c.id]);
});

test("without a position a task keeps its place, also when PUT sends back what GET gave", async () => {
  const { list, tasks } = await three();
  const [a, b, c] = tasks;
  const moved = (await client.patch(self(c), { position: { after: a.id, before: b.id } })).json();
  for (const reply of [
    await client.put(self(c), moved),
    await client.put(self(c), { todo: "x" }),
    await client.patch(self(c), { todo: "y", rank: "0" }),
  ]) {
    expect([reply.status, reply.json().rank]).toEqual([200, moved.rank as string]);
  }
  expect((await client.task({}, list)).rank).toBeString();
  expect((await orderOf(client, list)).slice(0, 3)).toEqual([a.id, c.id, b.id]);
});

test("a new task comes last, also after moves to the end", async () => {
  const { list, tasks } = await three();
  const [a, b, c] = tasks;
  await client.patch(self(a), { position: { after: c.id, before: null } });
  const d = await client.task({}, list);
  expect(await orderOf(client, list)).toEqual([b.id, c.id, a.id, d.id]);
});

test("a list's first task may be placed without neighbours", async () => {
  const list = await client.checklist("Empty");
  const only = await client.task({ position: { after: null, before: null } }, list);
  const last = await client.task({}, list);
  expect(await orderOf(client, list)).toEqual([only.id, last.id]);
});

test("a position that is not two ids or null → 422 with pointers to what is wrong", async () => {
  const task = await client.task();
  const wrong: readonly (readonly [unknown, readonly string[]])[] = [
    [{}, ["/position/after", "/position/before"]],
    [{ after: task.id }, ["/position/before"]],
    [{ after: 1, before: [] }, ["/position/after", "/position/before"]],
    [{ after: null, before: null, between: 1, "a/b": 2 }, ["/position/between", "/position/a~1b"]],
    [null, ["/position"]],
    ["", ["/position"]],
    [task.id, ["/position"]],
    [[task.id, null], ["/position"]],
  ];
  for (const [position, pointers] of wrong) {
    for (const reply of [
      await client.post("/tasks", { todo: "x", position }),
      await client.put(self(task), { todo: "x", position }),
      await client.patch(self(task), { position }),
    ]) {
      expect([position, problem(reply)]).toEqual([
        position,
        { status: 422, code: "validation-failed", pointers: [...pointers] },
      ]);
    }
  }
});

test("a neighbour that is gone, in another list or no id at all → 404, and nothing is changed", async () => {
  const { list, tasks } = await three();
  const [a, b, c] = tasks;
  const elsewhere = await client.task();
  await client.delete(self(b));
  for (const id of [b.id, elsewhere.id, "", "nothing", "a\u0000", "x".repeat(256)]) {
    for (const position of [
      { after: a.id, before: id },
      { after: id, before: null },
    ]) {
      const reply = await client.patch(self(c), { position, todo: "changed" });
      expect([id, reply.status, problem(reply).code]).toEqual([id, 404, "not-found"]);
      const made = await client.post(list._links.tasks?.href ?? "", { todo: "x", position });
      expect([id, made.status]).toEqual([id, 404]);
    }
  }
  expect((await client.get(self(c))).json()).toEqual(c);
  expect(await orderOf(client, list)).toEqual([a.id, c.id]);
});

test("neighbours that have changed places, or are the task itself → 409 out-of-order, with a page that explains it", async () => {
  const { list, tasks } = await three();
  const [a, b, c] = tasks;
  for (const position of [
    { after: b.id, before: a.id },
    { after: a.id, before: a.id },
    { after: c.id, before: null },
    { after: a.id, before: c.id },
  ]) {
    const reply = await client.patch(self(c), { position });
    expect(problem(reply)).toMatchObject({ status: 409, code: "out-of-order" });
    expect((await client.get(reply.json().type, { accept: "application/json" })).status).toBe(200);
  }
  expect(await orderOf(client, list)).toEqual([a.id, b.id, c.id]);
});

test("a POST with a position and an Idempotency-Key is repeated with its first answer, whatever has moved since", async () => {
  const { list, tasks } = await three();
  const [a, b] = tasks;
  const body = { todo: "once", position: { after: a.id, before: b.id } };
  const headers = { "idempotency-key": crypto.randomUUID() };
  const where = list._links.tasks?.href ?? "";
  const first = await client.post(where, body, headers);
  await client.delete(self(a));
  const second = await client.post(where, body, headers);
  expect([first.status, second.status, second.text]).toEqual([201, 201, first.text]);
});

test(`${MOVES} moves to one spot, each right after the same task, keep ranks under 512 characters`, async () => {
  const { list, tasks } = await three();
  const [a] = tasks;
  let order = await orderOf(client, list);
  let longest = 0;
  for (let move = 0; move < MOVES; move++) {
    const id = order.at(-1) ?? "";
    const reply = await client.patch(`/tasks/${id}?checklist=${list.id}`, {
      position: { after: a.id, before: order[1] ?? null },
    });
    expect([move, reply.status]).toEqual([move, 200]);
    longest = Math.max(longest, String(reply.json().rank).length);
    order = [a.id, id, ...order.slice(1, -1)];
  }
  expect(await orderOf(client, list)).toEqual(order);
  expect(longest).toBeLessThanOrEqual(RANK_CHARS_MAX);
  note(`${MOVES} moves to one spot over HTTP: the longest rank has ${longest} characters`);
});

test("rank is compared by code unit, ties by id", () => {
  const rows = [
    { id: "b", rank: "m" },
    { id: "a", rank: "m" },
    { id: "c", rank: "Z" },
    { id: "d", rank: "~" },
  ];
  expect(inOrder(rows)).toEqual(["c", "a", "b", "d"]);
});
