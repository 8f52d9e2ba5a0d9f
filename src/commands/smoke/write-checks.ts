import type { Check } from "./check.ts";
import type { Reply } from "./client.ts";
import { expectHeader, expectProblem, expectSame, expectStatus, linkIn } from "./expectations.ts";
import { type SmokeRun, trashLinkOf } from "./smoke-run.ts";

async function rankAt({ client }: SmokeRun, url: string): Promise<string> {
  const read = await client.ask("GET", url);
  expectStatus(read, 200);
  return String(read.json.rank);
}

/** As on the day it is due. */
async function completed({ client }: SmokeRun, url: string): Promise<Reply> {
  const etag = expectHeader(await client.ask("GET", url), "etag", /^"[^"]+"$/);
  const headers = { ...MERGE_PATCH, "If-Match": etag, "Todos-Day": "2030-01-31" };
  const reply = await client.ask("PATCH", url, { body: { completed: true }, headers });
  expectStatus(reply, 200);
  return reply;
}

const MERGE_PATCH = { "Content-Type": "application/merge-patch+json" };

export const writeChecks: readonly Check[] = [
  {
    sentence: "PUT accepts what GET returned, edited, and replaces the task",
    run: async (smoke) => {
      const { url } = smoke.task(0);
      const before = await smoke.client.ask("GET", url);
      const etag = expectHeader(before, "etag", /^"[^"]+"$/);
      const body = { ...before.json, todo: "smoke: replaced" };
      const put = await smoke.client.ask("PUT", url, { body, headers: { "If-Match": etag } });
      expectStatus(put, 200);
      const after = await smoke.client.ask("GET", url);
      expectSame(`${after.asked}, member todo`, after.json.todo, "smoke: replaced");
      expectSame(`${after.asked}, member status`, after.json.status, "in_progress");
    },
  },
  {
    sentence: "a write with a stale ETag is refused with 412 and changes nothing",
    run: async (smoke) => {
      const { url, reply } = smoke.task(0);
      const stale = expectHeader(reply, "etag", /^"[^"]+"$/);
      const headers = { ...MERGE_PATCH, "If-Match": stale };
      expectProblem(await smoke.client.ask("PATCH", url, { body: { todo: "smoke: lost" }, headers }), 412);
      const after = await smoke.client.ask("GET", url);
      expectSame(`${after.asked}, member todo`, after.json.todo, "smoke: replaced");
    },
  },
  {
    sentence: "PATCH changes the members it names and no other",
    run: async (smoke) => {
      const { url, json } = smoke.task(1);
      const body = { completed: true, dueDate: null };
      // Read just before, so that it also works with a service that requires If-Match on every
      // write.
      const etag = expectHeader(await smoke.client.ask("GET", url), "etag", /^"[^"]+"$/);
      const patched = await smoke.client.ask("PATCH", url, {
        body,
        headers: { ...MERGE_PATCH, "If-Match": etag },
      });
      expectStatus(patched, 200);
      const { todo, status, priority, dueDate } = patched.json;
      const expected = { todo: json.todo, status: "completed", priority: json.priority, dueDate: undefined };
      expectSame(patched.asked, { todo, status, priority, dueDate }, expected);
    },
  },
  {
    sentence: "a task can be moved between two others",
    run: async (smoke) => {
      const [first, second, third] = [smoke.task(0), smoke.task(1), smoke.task(2)];
      const ranks = await Promise.all([first, second].map(({ url }) => rankAt(smoke, url)));
      const etag = expectHeader(await smoke.client.ask("GET", third.url), "etag", /^"[^"]+"$/);
      const body = { position: { after: first.json.id, before: second.json.id } };
      const headers = { ...MERGE_PATCH, "If-Match": etag };
      const moved = await smoke.client.ask("PATCH", third.url, { body, headers });
      expectStatus(moved, 200);
      const [low, high] = ranks;
      const rank = String(moved.json.rank);
      const between = low !== undefined && high !== undefined && low < rank && rank < high;
      expectSame(`${moved.asked}, whether member rank is between its neighbours'`, between, true);
    },
  },
  {
    sentence: "a task can be moved to another checklist and back, and is in one of them at a time",
    run: async (smoke) => {
      const list = await smoke.client.ask("POST", smoke.link("checklists"), { body: { name: smoke.name } });
      expectStatus(list, 201);
      smoke.otherListIs(list);
      const { url: home, json } = smoke.task(1);
      const away = await move(smoke, home, list.json.id);
      expectStatus(await smoke.client.ask("GET", home), 404);
      const read = await smoke.client.ask("GET", away);
      expectSame(`${read.asked}, member id`, read.json.id, json.id);
      const homeList = new URL(smoke.listLink("self")).pathname.split("/").at(-1);
      expectSame("the task's address after it was moved back", await move(smoke, away, homeList), home);
      expectStatus(await smoke.client.ask("GET", away), 404);
    },
  },
  {
    sentence: "an Idempotency-Key used twice creates once, and with another body it is refused with 422",
    run: async (smoke) => {
      const url = smoke.listLink("tasks");
      const headers = { "Idempotency-Key": crypto.randomUUID() };
      const body = { todo: "smoke: once" };
      const first = await smoke.client.ask("POST", url, { body, headers });
      expectStatus(first, 201);
      const second = await smoke.client.ask("POST", url, { body, headers });
      expectStatus(second, 201);
      expectSame(`${second.asked}, body of the replay`, second.json, first.json);
      expectProblem(await smoke.client.ask("POST", url, { body: { todo: "smoke: other" }, headers }), 422);
    },
  },
  {
    sentence: "completing a task that repeats makes the next one, and only one",
    run: async (smoke) => {
      const body = { todo: "smoke: repeats", dueDate: "2030-01-31", repeat: "FREQ=MONTHLY;COUNT=2" };
      const made = await smoke.client.ask("POST", smoke.listLink("tasks"), { body });
      expectStatus(made, 201);
      const url = linkIn(made, made.json, "self");
      const first = await completed(smoke, url);
      const next = linkIn(first, first.json, "next");
      const again = await completed(smoke, url);
      expectSame(`${again.asked}, link next`, linkIn(again, again.json, "next"), next);
      const read = await smoke.client.ask("GET", next);
      expectStatus(read, 200);
      const { todo, completed: done, dueDate, repeat } = read.json;
      const expected = {
        todo: body.todo,
        done: false,
        dueDate: "2030-03-31",
        repeat: "FREQ=MONTHLY;COUNT=1",
      };
      expectSame(read.asked, { todo, done, dueDate, repeat }, expected);
      expectSame(`${read.asked}, link previous`, linkIn(read, read.json, "previous"), url);
    },
  },
  {
    sentence: "a deleted task is gone for readers, and can be restored where there is a trash",
    run: async (smoke) => {
      const { url, json } = smoke.task(2);
      const etag = expectHeader(await smoke.client.ask("GET", url), "etag", /^"[^"]+"$/);
      const deleted = await smoke.client.ask("DELETE", url, { headers: { "If-Match": etag } });
      expectStatus(deleted, 204);
      expectProblem(await smoke.client.ask("GET", url), 404);
      const trashed = trashLinkOf(deleted);
      if (trashed === undefined) return;
      const entry = await smoke.client.ask("GET", trashed);
      expectStatus(entry, 200);
      const restored = await smoke.client.ask("POST", linkIn(entry, entry.json, "restore"));
      expectStatus(restored, 200);
      const after = await smoke.client.ask("GET", url);
      expectSame(`${after.asked}, member todo`, after.json.todo, json.todo);
    },
  },
];

/** @returns its new address */
async function move(smoke: SmokeRun, url: string, checklist: unknown): Promise<string> {
  const etag = expectHeader(await smoke.client.ask("GET", url), "etag", /^"[^"]+"$/);
  const headers = { ...MERGE_PATCH, "If-Match": etag };
  const moved = await smoke.client.ask("PATCH", url, { body: { checklist }, headers });
  expectStatus(moved, 200);
  const address = linkIn(moved, moved.json, "self");
  expectSame(`${moved.asked}, Content-Location`, moved.headers.get("content-location"), address);
  return address;
}
