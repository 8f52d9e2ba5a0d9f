import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { HAL_FORMS, type Json, NDJSON, problem, self } from "../../support/client.ts";
import {
  type AccountService,
  expectStatus,
  firstAdmin,
  invited,
  type Person,
  share,
  startWithAccounts,
} from "./support.ts";

let service: AccountService;
let root: Person;
let ada: Person;
let bob: Person;
/** Of ada's. */
let list: Json;
let task: Json;

beforeAll(async () => {
  service = await startWithAccounts();
  root = await firstAdmin(service);
  [ada, bob] = [await invited(root, "ada"), await invited(root, "bob")];
  list = await ada.checklist("Ada's secret garden");
  task = await ada.task({ todo: "Plant the secret tulips", dueDate: "2026-01-01" }, list);
});
afterAll(() => service?.[Symbol.asyncDispose]());

const NOWHERE = "00000000-0000-7000-8000-0000000000ff";
const COLLECTIONS = ["/checklists", "/tasks", "/agenda?until=2030-01-01", "/search?q=secret", "/trash"];

describe("somebody else's", () => {
  test("no collection has anything of it, as a page or as a stream, for a user or an admin", async () => {
    const gone = await ada.checklist("Ada's secret shed");
    expect((await ada.delete(self(gone))).status).toBe(204);
    for (const path of COLLECTIONS) {
      for (const accept of [undefined, NDJSON]) {
        const headers: Record<string, string> = accept === undefined ? {} : { accept };
        for (const person of [bob, root])
          expect((await person.get(path, headers)).text).not.toMatch(/secret (tul|gar|sh)/);
        const own = (await ada.get(path, headers)).text;
        expect([path, /secret (tul|gar|sh)/.test(own)]).toEqual([path, path !== "/tasks"]);
      }
    }
  });

  test("every address of it answers as one that never was, byte for byte", async () => {
    const addresses = (id: string) =>
      [
        ["GET", `/checklists/${id}`],
        ["PUT", `/checklists/${id}`, { name: "x" }],
        ["PATCH", `/checklists/${id}`, { name: "x" }],
        ["DELETE", `/checklists/${id}`],
        ["GET", `/tasks?checklist=${id}`],
        ["POST", `/tasks?checklist=${id}`, { todo: "x" }],
        ["GET", `/tasks/${task.id}?checklist=${id}`],
        ["DELETE", `/tasks/${task.id}?checklist=${id}`],
        ["GET", `/agenda?until=2030-01-01&checklist=${id}`],
        ["GET", `/trash?checklist=${id}`],
        ["GET", `/trash/checklists/${id}`],
        ["POST", `/trash/checklists/${id}/restore`],
        ["POST", `/trash/tasks/${task.id}/restore?checklist=${id}`],
      ] as const;
    const answers = async (id: string) => {
      const found: string[] = [];
      for (const [method, path, body] of addresses(id)) {
        const reply = await bob.ask(method, path, { body });
        found.push(`${method} ${path}: ${reply.status} ${reply.text}`.replaceAll(id, "ID"));
      }
      return found;
    };
    const hidden = await answers(list.id);
    expect(hidden).toEqual(await answers(NOWHERE));
    expect(hidden.every((line) => line.includes(": 404 "))).toBe(true);
    expect((await ada.get(self(list))).json().name).toBe("Ada's secret garden");
  });

  test("named in a body it is not there either: nothing is created in it or moved into it", async () => {
    const own = await bob.checklist("Bob's");
    const mine = await bob.task({}, own);
    const say = (reply: { status: number; text: string }, id: string) =>
      `${reply.status} ${reply.text.replaceAll(id, "ID")}`;
    const tries = async (id: string) => [
      say(await bob.post("/tasks", { todo: "x", checklist: id }), id),
      say(await bob.post(`/tasks?checklist=${own.id}`, { todo: "x", checklist: id }), id),
      say(await bob.patch(self(mine), { checklist: id }), id),
      say(await bob.put(self(mine), { todo: "x", checklist: id }), id),
    ];
    const hidden = await tries(list.id);
    expect(hidden).toEqual(await tries(NOWHERE));
    expect(hidden.map((line) => line.slice(0, 3))).toEqual(["404", "404", "404", "404"]);
    expect(await ada.allIds(`/tasks?checklist=${list.id}`, "tasks")).toEqual([task.id]);
    expect((await bob.get(self(mine))).status).toBe(200);
  });

  test("an Idempotency-Key is its sender's: another user with the same key and body makes a row of their own", async () => {
    const key = { "idempotency-key": "the-same" };
    const [first, second] = [
      await ada.post("/checklists", { name: "Once" }, key),
      await bob.post("/checklists", { name: "Once" }, key),
    ];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json().id).not.toBe(first.json().id);
    const again = await bob.post("/checklists", { name: "Once" }, key);
    expect([again.json().id, again.header("idempotent-replayed")]).toEqual([second.json().id, "true"]);
    const other = await ada.post("/checklists", { name: "Another" }, key);
    expect(problem(other).code).toBe("idempotency-key-reused");
  });
});

describe("one's own", () => {
  test("lists come in order of id, page by page, and start with the inbox", async () => {
    const ids = await ada.allIds("/checklists?size=1", "checklists");
    expect(ids).toEqual([...ids].sort());
    expect(ids).toContain(list.id);
  });

  test("each user has an inbox; links of its tasks name it; it can't be deleted", async () => {
    const made = await bob.task({ todo: "Into bob's inbox" });
    const [, inbox = ""] = /checklist=(.+)$/.exec(self(made)) ?? [];
    expect(made._links.collection?.href).toBe(`${service.url}/tasks?checklist=${inbox}`);
    expect((await bob.get(self(made))).status).toBe(200);
    expect((await bob.get(`/tasks/${made.id}`)).json().id).toBe(made.id);
    expect((await ada.get(`/tasks/${made.id}`)).status).toBe(404);
    expect((await bob.get("/tasks")).text).toContain("Into bob's inbox");
    expect((await ada.get("/tasks")).text).not.toContain("Into bob's inbox");
    expect((await bob.delete(`/checklists/${inbox}`)).status).toBe(409);
  });

  test("the first admin's inbox is the old one, and its links name it, too", async () => {
    const made = await root.task();
    expect(self(made)).toEndWith("?checklist=00000000-0000-7000-8000-000000000000");
    expect((await bob.get(self(made))).status).toBe(404);
  });

  test("answers are private, and a token that only reads is offered no forms, under an ETag of its own", async () => {
    const { secret } = (await ada.post("/tokens", { name: "r", scopes: ["read"] })).json();
    const forms = { accept: HAL_FORMS };
    const [whole, reading] = [
      await ada.get(self(list), forms),
      await service.nobody.get(self(list), { ...forms, authorization: `Bearer ${secret}` }),
    ];
    expect(Object.keys(whole.json()._templates)).toEqual([
      "default",
      "patch",
      "delete",
      "invite",
      "link",
      "give",
    ]);
    expect(reading.json()._templates).toEqual({});
    expect(reading.header("etag")).not.toBe(whole.header("etag"));
    expect(whole.header("cache-control")).toBe("private, no-cache");
    const renamed = await ada.put(
      self(list),
      { name: "Ada's secret garden" },
      { "if-match": reading.header("etag") },
    );
    expect(renamed.status).toBe(200);
  });
});

describe("the root", () => {
  test("shows the ways in to nobody, and what one has to somebody", async () => {
    const relations = async (reply: ReturnType<Person["get"]>) =>
      Object.keys((await reply).json()._links).sort();
    const open = ["health", "self", "service-desc", "service-doc"];
    const waysIn = await relations(service.nobody.get("/"));
    expect(waysIn.filter((relation) => !relation.startsWith("sign-in"))).toEqual(open);
    expect(waysIn).toContain("sign-in");
    const mine = await relations(ada.get("/"));
    expect(mine).toEqual(
      expect.arrayContaining([...open, "checklists", "tasks", "events", "me", "sign-out", "trash"]),
    );
    expect(mine).not.toContain("sign-in");
    expect((await ada.get("/")).header("cache-control")).toBe("private, no-cache");
    expect(Object.keys((await service.nobody.get("/", { accept: HAL_FORMS })).json()._templates)).toContain(
      "sign-in",
    );
  });
});

test("a series that went on from a hidden list: a link to its neighbour there is for those who see that list", async () => {
  const [hidden, shared] = [await ada.checklist("Hidden"), await ada.checklist("Shared")];
  await share(ada, shared, bob, "editor");
  const day = "2026-05-01";
  const first = await ada.task({ todo: "Water rhododendrons", dueDate: day, repeat: "FREQ=DAILY" }, hidden);
  const done = expectStatus(await ada.patch(self(first), { completed: true }), 200);
  const { id } = (await ada.get(done.link("next"))).json();
  const moved = expectStatus(await ada.patch(done.link("next"), { checklist: shared.id }), 200);
  const address = `/tasks/${id}?checklist=${shared.id}`;
  const everywhere = [
    [address],
    [`/tasks?checklist=${shared.id}`],
    [`/tasks?checklist=${shared.id}`, NDJSON],
    ["/agenda?until=2030-01-01"],
    [`/agenda?until=2030-01-01&checklist=${shared.id}`],
    ["/search?q=rhododendrons"],
  ] as const;
  const tell = async (person: Person) => {
    const told: string[] = [];
    for (const [path, accept] of everywhere) {
      const { text } = await person.get(path, accept === undefined ? {} : { accept });
      expect(text).toContain(`/tasks/${id}?`);
      told.push(`${path} ${text.includes(`/tasks/${first.id}?checklist=${hidden.id}`)}`);
    }
    return told;
  };
  expect(moved.link("previous")).toBe(self(first));
  expect(await tell(ada)).toEqual(everywhere.map(([path]) => `${path} true`));
  expect(await tell(bob)).toEqual(everywhere.map(([path]) => `${path} false`));
  const etags = async () => [
    (await ada.get(address)).header("etag"),
    (await bob.get(address)).header("etag"),
  ];
  expect(new Set(await etags()).size).toBe(2);
  // What bob changes and deletes does not show it either.
  const changed = expectStatus(await bob.patch(address, { priority: "high" }), 200);
  expectStatus(await bob.delete(address), 204);
  const trashed = [
    await bob.get(`/trash/tasks/${id}?checklist=${shared.id}`),
    await bob.get(`/trash?checklist=${shared.id}`),
    await bob.post(`/trash/tasks/${id}/restore?checklist=${shared.id}`, undefined),
  ];
  for (const reply of [changed, ...trashed])
    expect([reply.status, reply.text.includes(String(first.id))]).toEqual([200, false]);
  await share(ada, hidden, bob, "viewer");
  expect(await tell(bob)).toEqual(everywhere.map(([path]) => `${path} true`));
  expect(new Set(await etags()).size).toBe(1);
});

test("the actuator is for admins, but for health", async () => {
  for (const path of ["/actuator", "/actuator/info", "/actuator/prometheus", "/actuator/loggers"]) {
    const statuses = [];
    for (const client of [service.nobody, ada, root])
      statuses.push((await client.get(path, { accept: "*/*" })).status);
    expect([path, statuses]).toEqual([path, [401, 403, 200]]);
  }
  expect((await service.nobody.get("/actuator/health")).status).toBe(200);
});

test("the actuator on a port of its own lets in those who reach it", async () => {
  await using apart = await startWithAccounts({ TODOS_MANAGEMENT_PORT: "0" });
  const management = new (await import("../../support/client.ts")).Client(apart.managementUrl ?? "");
  expect((await management.get("/actuator/info")).status).toBe(200);
  expect((await apart.nobody.get("/actuator/info")).status).toBe(404);
});
