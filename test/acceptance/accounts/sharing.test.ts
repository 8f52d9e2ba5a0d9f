import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { HAL_FORMS, type Json, problem, self } from "../../support/client.ts";
import { EventReader, toldUntil } from "../../support/events.ts";
import {
  type AccountService,
  embedded,
  expectStatus,
  firstAdmin,
  invited,
  Person,
  share,
  startWithAccounts,
  unshare,
} from "./support.ts";

const HTML_NAME = `<img src=x onerror="alert(1)">'"&</script>`;
const FORMS = { accept: HAL_FORMS };

let service: AccountService;
let root: Person;
let ada: Person;
let bob: Person;
let cleo: Person;

beforeAll(async () => {
  service = await startWithAccounts();
  root = await firstAdmin(service);
  [ada, bob, cleo] = [await invited(root, "ada"), await invited(root, "bob"), await invited(root, "cleo")];
});
afterAll(() => service?.[Symbol.asyncDispose]());

async function linkTo(list: Json, role: "viewer" | "editor", more = {}): Promise<Json> {
  return expectStatus(await ada.post(`${self(list)}/links`, { role, ...more }), 201).json();
}

/** Somebody without an account who opens the link. */
async function guestOf(link: Json): Promise<Person> {
  const guest = new Person(service.url);
  expectStatus(await guest.get(String(link.url)), 200);
  return guest;
}

async function invitationTo(list: Json, person = bob): Promise<Json | undefined> {
  const all = await embedded(person, "/invitations", "invitations");
  return all.find(({ checklist }) => (checklist as Json).id === list.id);
}

describe("members", () => {
  test("an owner invites, the invited one accepts, changes what the role allows, and leaves", async () => {
    const list = await ada.checklist("Trip");
    const { members = { href: "" }, invitations = { href: "" } } = (await ada.get(self(list))).json()._links;
    expectStatus(await ada.post(invitations.href, { login: "bob", role: "viewer" }), 202);
    const invitation = await invitationTo(list);
    expect(invitation).toMatchObject({
      checklist: { id: list.id, name: "Trip" },
      role: "viewer",
      invitedBy: { login: "ada", name: "ada" },
    });
    expect((await bob.get(self(list))).status).toBe(404);
    const accepted = await bob.post(self(invitation as Json), undefined);
    expect([accepted.status, accepted.header("content-location")]).toEqual([200, self(list)]);
    expect(await invitationTo(list)).toBeUndefined();
    const shown = await embedded(bob, members.href, "members");
    expect(shown.map(({ login, name, role }) => [login, name, role])).toEqual([
      ["ada", "ada", "owner"],
      ["bob", "bob", "viewer"],
    ]);
    const bobsPart = self(shown[1] as Json);
    expect((await bob.patch(bobsPart, { role: "editor" })).json().detail).toEndWith("missing: share.");
    expect((await ada.patch(bobsPart, { role: "editor" })).json().role).toBe("editor");
    await bob.task({ todo: "Pack" }, list);
    const leave = (await bob.get(self(list))).link("leave");
    expect(leave).toBe(bobsPart);
    expectStatus(await bob.delete(leave), 204);
    expect((await bob.get(self(list))).status).toBe(404);
    expect((await bob.get("/checklists")).text).not.toContain(list.id);
  });

  test("members who read a list in turns each see their own links, and a change of a name or a role in the next answer", async () => {
    const list = await ada.checklist("Trip");
    await share(ada, list, bob, "viewer");
    const seen = async () => {
      const answers = [await ada.get(self(list)), await bob.get(self(list)), await bob.get(self(list))];
      return answers.map((answer) => {
        const { name, _links } = answer.json();
        return [name, "invitations" in _links, "leave" in _links, answer.header("etag")];
      });
    };
    const first = await seen();
    const without = ([name, ...links]: unknown[]) => [name, ...links.slice(0, 2)];
    const own = (name: string) => [
      [name, true, false],
      [name, false, true],
      [name, false, true],
    ];
    expect(first.map(without)).toEqual(own("Trip"));
    expect(first[0]?.[3]).not.toBe(first[1]?.[3]);
    expect(first[1]).toEqual(first[2]);
    expectStatus(await ada.patch(self(list), { name: "Journey" }), 200);
    expect((await seen()).map(without)).toEqual(own("Journey"));
    const before = (await bob.get(self(list))).json()._links;
    await share(ada, list, bob, "editor");
    expect((await bob.get(self(list))).json()._links).toEqual(before);
    await unshare(ada, list, bob);
    expect((await bob.get(self(list))).status).toBe(404);
    expect((await ada.get(self(list))).json().name).toBe("Journey");
  });

  test("a task that several read changes for all of them at once, also by a move", async () => {
    const [list, other] = [await ada.checklist("Trip"), await ada.checklist("Home")];
    for (const each of [list, other]) await share(ada, each, bob, "viewer");
    const task = await ada.task({ todo: "Pack" }, list);
    const todos = async (where: string) =>
      Promise.all([ada, bob, bob].map(async (person) => (await person.get(where)).json().todo));
    expect(await todos(self(task))).toEqual(["Pack", "Pack", "Pack"]);
    expectStatus(await ada.patch(self(task), { todo: "Pack bags" }), 200);
    expect(await todos(self(task))).toEqual(["Pack bags", "Pack bags", "Pack bags"]);
    const moved = expectStatus(await ada.patch(self(task), { checklist: other.id }), 200).json();
    expect((await bob.get(self(moved))).json()).toEqual(moved);
    expect((await bob.get(self(task))).status).toBe(404);
    await unshare(ada, other, bob);
    expect([(await bob.get(self(moved))).status, (await ada.get(self(moved))).json()]).toEqual([404, moved]);
  });

  test("an invitation is answered in the same way whether there is such a user or not", async () => {
    const list = await ada.checklist();
    const answers = [];
    for (const login of ["bob", "nobody", "ada", "BOB"]) {
      const { status, text, headers } = await ada.post(`${self(list)}/invitations`, {
        login,
        role: "editor",
      });
      answers.push([status, text, [...headers.keys()].sort().join()]);
    }
    expect(new Set(answers.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(202);
  });

  test("a declined invitation, and one to a deleted list, are gone", async () => {
    const list = await ada.checklist();
    const invite = async () =>
      expectStatus(await ada.post(`${self(list)}/invitations`, { login: "bob", role: "editor" }), 202);
    await invite();
    const first = self((await invitationTo(list)) as Json);
    expectStatus(await bob.delete(first), 204);
    expect([(await bob.post(first, undefined)).status, (await bob.delete(first)).status]).toEqual([404, 404]);
    await invite();
    const second = self((await invitationTo(list)) as Json);
    expect((await cleo.post(second, undefined)).status).toBe(404);
    expectStatus(await ada.delete(self(list)), 204);
    expect(await invitationTo(list)).toBeUndefined();
    expect((await bob.post(second, undefined)).status).toBe(404);
    expect((await ada.post(`${self(list)}/invitations`, { login: "bob", role: "editor" })).status).toBe(404);
  });

  test("to strangers everything about it is as if it were not there; to members the missing right is named", async () => {
    const list = await ada.checklist();
    await share(ada, list, bob, "viewer");
    const adasPart = self((await embedded(ada, `${self(list)}/members`, "members"))[0] as Json);
    const link = await linkTo(list, "viewer");
    const acts = [
      ["GET", `${self(list)}/members`],
      ["PATCH", adasPart, { role: "viewer" }],
      ["DELETE", adasPart],
      ["POST", `${self(list)}/invitations`, { login: "cleo", role: "editor" }],
      ["POST", `${self(list)}/owner`, { login: "bob" }],
      ["GET", `${self(list)}/links`],
      ["POST", `${self(list)}/links`, { role: "editor" }],
      ["DELETE", self(link)],
    ] as const;
    const by = async (person: Person) => {
      const got: unknown[] = [];
      for (const [method, where, body] of acts) {
        const reply = await person.ask(method, where, { body });
        got.push(reply.status === 403 ? String(reply.json().detail).split("missing: ")[1] : reply.status);
      }
      return got;
    };
    expect(await by(cleo)).toEqual(acts.map(() => 404));
    // An admin who has no part in a list is a stranger to it.
    expect(await by(root)).toEqual(acts.map(() => 404));
    expect(await by(bob)).toEqual([200, ...acts.slice(1).map(() => "share.")]);
    expect(await by(await guestOf(link))).toEqual(["members.", ...acts.slice(1).map(() => "share.")]);
    expect((await service.nobody.get(`${self(list)}/members`)).status).toBe(401);
    expect((await ada.delete(adasPart)).json().detail).toEndWith("missing: leave.");
  });

  test("the list is given to a member; the links of each say what they may do from then on", async () => {
    const list = await ada.checklist();
    const give = (person: Person, body: object) => person.post(`${self(list)}/owner`, body);
    expect(problem(await give(ada, { login: "cleo" }))).toEqual({
      status: 422,
      code: "validation-failed",
      pointers: ["/login"],
    });
    await share(ada, list, bob, "viewer");
    const shared = (person: Person) => person.get(self(list));
    const relations = async (person: Person) => Object.keys((await shared(person)).json()._links).slice(3);
    const before = (await shared(ada)).header("etag");
    expect(await relations(ada)).toEqual(["members", "invitations", "links", "owner"]);
    expectStatus(await give(ada, { login: "BOB", role: "viewer" }), 204);
    expect(await relations(ada)).toEqual(["members", "leave"]);
    expect(await relations(bob)).toEqual(["members", "invitations", "links", "owner"]);
    expect((await shared(ada)).header("etag")).not.toBe(before);
    expect((await shared(ada)).header("etag")).not.toBe((await shared(bob)).header("etag"));
    const listed = (await bob.get("/checklists?size=200")).json()._embedded.checklists;
    expect(listed.find(({ id }) => id === list.id)).toEqual((await shared(bob)).json());
    expect((await give(ada, { login: "bob" })).status).toBe(403);
    const inbox = (await ada.get("/me")).link("inbox");
    expect((await ada.post(`${inbox}/owner`, { login: "bob" })).status).toBe(409);
  });

  test("a removed member's stream tells nothing more of the list, and the others' goes on", async () => {
    const list = await ada.checklist();
    await share(ada, list, bob, "editor");
    await using bobs = await EventReader.open(service.url, { cookie: bob.cookie });
    await using adas = await EventReader.open(service.url, { cookie: ada.cookie });
    const seen = self(await ada.task({}, list));
    expect(await toldUntil(bobs, seen)).toContain(seen);
    await unshare(ada, list, bob);
    const hidden = self(await ada.task({}, list));
    const own = self(await bob.task({}));
    expect(await toldUntil(bobs, own)).not.toContain(hidden);
    expect(await toldUntil(adas, hidden)).not.toContain(own);
  });
});

describe("a link", () => {
  test("makes a guest, who has that list alone, in the role of the link", async () => {
    const [list, other] = [await ada.checklist("Party"), await ada.checklist("Other")];
    const task = await ada.task({ todo: "Balloons", dueDate: "2026-01-01" }, list);
    const guest = await guestOf(await linkTo(list, "viewer"));
    expect((await guest.get(self(list))).json().name).toBe("Party");
    expect(await guest.allIds("/checklists", "checklists")).toEqual([list.id]);
    expect(await guest.allIds("/tasks", "tasks")).toEqual([task.id]);
    expect(await guest.allIds("/agenda?until=2030-01-01", "tasks")).toEqual([task.id]);
    expect(await guest.allIds("/search?q=balloons", "tasks")).toEqual([task.id]);
    expect((await guest.get(self(other))).status).toBe(404);
    expect((await guest.post("/tasks", { todo: "x" })).json().detail).toEndWith("missing: write.");
    expect((await guest.post("/checklists", { name: "x" })).json().detail).toEndWith("missing: create-list.");
    expect((await guest.get("/me")).status).toBe(403);
    expect(Object.keys((await guest.get(self(list), FORMS)).json()._templates)).toEqual([]);
    const editor = await guestOf(await linkTo(list, "editor"));
    expect((await editor.task({ todo: "Cake" }, list)).todo).toBe("Cake");
    const shown = await editor.get(self(list), FORMS);
    expect(Object.keys(shown.json()._templates)).toEqual(["default", "patch"]);
    expect(Object.keys(shown.json()._links)).toEqual(["self", "tasks", "collection"]);
    expect((await editor.delete(self(list))).status).toBe(403);
  });

  test("is shown once, listed without what opens it, and another page can't use its cookie", async () => {
    const list = await ada.checklist();
    const made = await linkTo(list, "editor", { name: "Neighbours", expiresAt: "2099-01-01T00:00:00Z" });
    const { url, ...rest } = made;
    expect(String(url)).toMatch(new RegExp(`^${service.url}/links/[0-9A-Za-z]{43}$`));
    expect(await embedded(ada, `${self(list)}/links`, "links")).toEqual([rest as Json]);
    expect((await ada.get(self(made))).json()).toEqual(rest as Json);
    const secret = String(url).split("/").at(-1) ?? "";
    await service.logged(({ message, link }) => message === "share link made" && link === made.id);
    expect(JSON.stringify(service.log())).not.toContain(secret);
    const guest = await guestOf(made);
    const foreign = { "sec-fetch-site": "cross-site" };
    expect((await guest.post(`/tasks?checklist=${list.id}`, { todo: "x" }, foreign)).status).toBe(403);
    const withBearer = { authorization: `Bearer ${secret}` };
    expect((await service.nobody.get(self(list), withBearer)).status).toBe(401);
  });

  test("dies the moment it is revoked: for those who have opened it, in an open stream, and to open", async () => {
    const list = await ada.checklist();
    const [link, kept] = [await linkTo(list, "editor"), await linkTo(list, "viewer")];
    const [guest, other] = [await guestOf(link), await guestOf(kept)];
    await using stream = await EventReader.open(service.url, { cookie: guest.cookie });
    await using others = await EventReader.open(service.url, { cookie: other.cookie });
    const seen = self(await ada.task({}, list));
    expect(await toldUntil(stream, seen)).toContain(seen);
    expectStatus(await ada.delete(self(link)), 204);
    expect((await guest.get(self(list))).status).toBe(401);
    expect((await guest.post(`/tasks?checklist=${list.id}`, { todo: "x" })).status).toBe(401);
    const hidden = self(await ada.task({}, list));
    expect(await toldUntil(others, hidden)).toContain(hidden);
    // It ends before it tells anything more; what was told before may be told again.
    await expect(toldUntil(stream, hidden)).rejects.toThrow("ended");
    expect((await new Person(service.url).get(String(link.url))).status).toBe(404);
    expect((await ada.delete(self(link))).status).toBe(404);
    expect((await other.get(self(list))).status).toBe(200);
  });

  test("to a browser leads to the page, and shows nothing of the list to what only previews it", async () => {
    const list = await ada.checklist("A secret name");
    const { url } = await linkTo(list, "viewer");
    const browser = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
    const guest = new Person(service.url);
    for (const header of ["sec-purpose", "purpose", "x-moz"]) {
      const prefetch = await guest.get(String(url), { ...browser, [header]: "prefetch;prerender" });
      expect([prefetch.status, prefetch.text, guest.cookie]).toEqual([204, "", ""]);
    }
    const picture = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "no-cors",
      "sec-fetch-dest": "image",
    };
    expect((await guest.get(String(url), picture)).headers.get("set-cookie")).toBeNull();
    const opened = await guest.get(String(url), browser);
    expect([opened.status, opened.header("location"), opened.text]).toEqual([303, `${service.url}/`, ""]);
    expect([opened.header("referrer-policy"), opened.header("cache-control")]).toEqual([
      "no-referrer",
      "no-store",
    ]);
    expect(opened.header("set-cookie")).toMatch(/; HttpOnly; SameSite=Lax$/);
    const page = await guest.get("/", browser);
    expect([page.status, page.text.includes("A secret name")]).toEqual([200, false]);
    expect((await guest.get(self(list))).status).toBe(200);
  });

  test("leaves a signed-in user signed in, and a guest can sign in", async () => {
    const list = await ada.checklist();
    const { url } = await linkTo(list, "viewer");
    const { cookie } = cleo;
    const opened = await cleo.get(String(url));
    expect([opened.status, opened.json().id, cleo.cookie]).toEqual([200, list.id, cookie]);
    expect((await cleo.get(self(list))).status).toBe(404);
    const guest = await guestOf({ url } as unknown as Json);
    expect((await guest.get("/", FORMS)).json()._templates["sign-in"]).toBeDefined();
  });

  test("of a list in the trash opens nothing, and opens again what was restored", async () => {
    const list = await ada.checklist();
    const link = await linkTo(list, "viewer");
    const guest = await guestOf(link);
    expectStatus(await ada.delete(self(list)), 204);
    expect([(await guest.get(self(list))).status, (await guest.get(String(link.url))).status]).toEqual([
      404, 404,
    ]);
    expect(await guest.allIds("/checklists", "checklists")).toEqual([]);
    expectStatus(await ada.post(`/trash/checklists/${list.id}/restore`, undefined), 200);
    expect((await guest.get(self(list))).status).toBe(200);
  });

  test("that is over, or not one, is refused", async () => {
    const list = await ada.checklist();
    const over = await ada.post(`${self(list)}/links`, { role: "viewer", expiresAt: "2020-01-01T00:00:00Z" });
    expect(problem(over)).toMatchObject({ status: 422, pointers: ["/expiresAt"] });
    expect(problem(await ada.post(`${self(list)}/links`, { role: "owner" }))).toMatchObject({
      status: 422,
      pointers: ["/role"],
    });
    for (const link of ["x", "a".repeat(43)])
      expect((await service.nobody.get(`/links/${link}`)).status).toBe(404);
  });
});

test("names with HTML in them are data everywhere: as they are in JSON, and nowhere else", async () => {
  const dora = await invited(root, "dora");
  expectStatus(await dora.patch("/me", { name: HTML_NAME }), 200);
  const list = await dora.checklist(HTML_NAME);
  await share(dora, list, bob, "editor");
  expectStatus(await dora.post(`${self(list)}/invitations`, { login: "cleo", role: "viewer" }), 202);
  const link = expectStatus(await dora.post(`${self(list)}/links`, { role: "viewer", name: HTML_NAME }), 201);
  const answers = [
    await bob.get(self(list)),
    await bob.get(`${self(list)}/members`),
    await cleo.get("/invitations"),
    await dora.get(`${self(list)}/links`),
    await new Person(service.url).get(String(link.json().url)),
  ];
  for (const reply of answers) {
    expect(JSON.stringify(reply.json())).toContain(JSON.stringify(HTML_NAME).slice(1, -1));
    expect(reply.header("content-type")).toBe("application/hal+json");
    expect(reply.header("x-content-type-options")).toBe("nosniff");
  }
  const asPage = await bob.get(self(list), { accept: "text/html" });
  expect([asPage.status, asPage.text.includes("onerror")]).toEqual([406, false]);
  expect(JSON.stringify(service.log())).not.toContain("onerror");
});

test("every act is in the audit's log, by whom and on what", async () => {
  const list = await ada.checklist();
  await share(ada, list, bob, "viewer");
  await share(ada, list, bob, "editor");
  await unshare(ada, list, bob);
  const link = await linkTo(list, "viewer");
  await guestOf(link);
  expectStatus(await ada.delete(self(link)), 204);
  await service.logged(({ message, on }) => message === "share link revoked" && on === list.id);
  const lines = service.log().filter(({ logger, on }) => logger === "todos.audit" && on === list.id);
  expect(lines.map(({ message, who }) => [message, who])).toEqual([
    ["member invited", "ada"],
    ["invitation accepted", "bob"],
    ["member changed", "ada"],
    ["member removed", "ada"],
    ["share link made", "ada"],
    ["share link opened", undefined],
    ["share link revoked", "ada"],
  ]);
});
