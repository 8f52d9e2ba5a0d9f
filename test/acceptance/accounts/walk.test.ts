import { describe, expect, test } from "bun:test";
import { Secret, TOTP } from "otpauth";
import { HAL_FORMS, type Json, type Reply, type Template } from "../../support/client.ts";
import { expectStatus, PASSWORD, Person, startWithAccounts } from "./support.ts";

type Values = Readonly<Record<string, unknown>>;

/** Somebody whose client knows the root's address, and goes on by links and forms alone. */
class Walker extends Person {
  async at(...relations: readonly string[]): Promise<Json> {
    let here = await this.seen(`${this.url}/`);
    for (const relation of relations) {
      const href = here._links[relation]?.href;
      if (!href) throw new Error(`no ${relation}: ${JSON.stringify(here._links)}`);
      here = await this.seen(href);
    }
    return here;
  }

  async seen(href: string): Promise<Json> {
    return expectStatus(await this.get(href, { accept: HAL_FORMS }), 200).json();
  }

  /** Sends a form of the resource, as it says. */
  async sent(here: Json, name: string, values: Values = {}): Promise<Reply> {
    const form = formOf(here, name);
    const known = form.properties.map((property) => property.name);
    for (const value of Object.keys(values))
      if (!known.includes(value)) throw new Error(`no ${value}: ${known}`);
    const takesBody = form.contentType !== undefined;
    const query =
      takesBody || Object.keys(values).length === 0
        ? ""
        : `?${new URLSearchParams(values as Record<string, string>)}`;
    const sent = { headers: { accept: HAL_FORMS }, ...(takesBody ? { body: values } : {}) };
    return this.ask(form.method, form.target + query, sent);
  }
}

function formOf(here: Json, name: string): Template {
  const form = here._templates?.[name];
  if (!form) throw new Error(`no form ${name}: ${Object.keys(here._templates ?? {})}`);
  return form;
}

function rows(here: Json, name: string): readonly Json[] {
  return (here._embedded as unknown as Readonly<Record<string, readonly Json[]>>)[name] ?? [];
}

function only(here: Json, name: string): Json {
  const [row, ...others] = rows(here, name);
  if (!row || others.length > 0) throw new Error(`not one: ${JSON.stringify(here)}`);
  return row;
}

describe("a client that knows only / comes by links and forms", () => {
  test("from the set-up code to a name, a password, tokens, sessions, a second factor, and in again", async () => {
    await using service = await startWithAccounts();
    const root = new Walker(service.url);
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    expectStatus(await root.sent(await root.at("me"), "default", { name: "Root" }), 200);
    const password = `${PASSWORD} again`;
    const change = { current: PASSWORD, password };
    expectStatus(await root.sent(await root.at("me"), "password", change), 204);

    const tokens = await root.at("me", "tokens");
    expectStatus(await root.sent(tokens, "default", { name: "backup", scopes: ["read"] }), 201);
    expectStatus(await root.sent(only(await root.at("me", "tokens"), "tokens"), "revoke"), 204);

    const elsewhere = new Walker(service.url);
    expectStatus(await elsewhere.sent(await elsewhere.at(), "sign-in", { login: "root", password }), 201);
    const sessions = rows(await root.at("me", "sessions"), "sessions");
    expect(sessions).toHaveLength(2);
    expectStatus(await root.sent(sessions.find(({ current }) => current === false) as Json, "delete"), 204);
    expect((await elsewhere.get("/me")).status).toBe(401);

    const secret = expectStatus(await root.sent(await root.at("me", "totp"), "default"), 201).json().secret;
    const app = new TOTP({ secret: Secret.fromBase32(String(secret)) });
    const on = await root.sent(await root.at("me", "totp"), "confirm", { code: app.generate() });
    const [recovery] = expectStatus(on, 200).json().recoveryCodes as readonly string[];
    expectStatus(await root.sent(await root.at(), "sign-out"), 204);
    expect((await root.sent(await root.at(), "sign-in", { login: "root", password })).status).toBe(401);
    const again = { login: "root", password, code: recovery };
    expectStatus(await root.sent(await root.at(), "sign-in", again), 201);
    expectStatus(await root.sent(await root.at("me", "totp"), "delete"), 204);
    // A recent sign-in, where one is required.
    expectStatus(await root.sent(await root.at("me"), "sign-in", { login: "root", password }), 201);
  });

  test("to passkeys, and to the answer that a browser's authenticator gives", async () => {
    await using service = await startWithAccounts();
    const root = new Walker(service.url);
    const options = expectStatus(await root.sent(await root.at(), "sign-in-passkey"), 200).json();
    expect(formOf(options, "default").properties).toMatchObject([{ name: "passkey", type: "hidden" }]);
    expect((await root.sent(options, "default", { passkey: {} })).status).toBe(401);
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    const creation = expectStatus(await root.sent(await root.at("me", "passkeys"), "default"), 200).json();
    expect((await root.sent(creation, "default", { passkey: {}, name: "Phone" })).status).toBe(422);
  });

  test("as an admin to users and back; the new one from its link to an account", async () => {
    await using service = await startWithAccounts();
    const [root, ada] = [new Walker(service.url), new Walker(service.url)];
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    const users = await root.at("me", "users");
    const made = expectStatus(await root.sent(users, "default", { login: "ada", role: "user" }), 201).json();
    expectStatus(await ada.sent(await ada.seen(String(made.url)), "default", { password: PASSWORD }), 201);
    expect(Object.keys((await ada.at("me"))._links)).not.toContain("users");

    const user = async () => root.seen(made._links.self?.href ?? "");
    expectStatus(await root.sent(await user(), "default", { role: "admin" }), 200);
    expectStatus(await root.sent(await user(), "default", { disabled: true }), 200);
    expect(Object.keys((await ada.at())._templates)).toEqual(["sign-in", "sign-in-passkey"]);
    const { id } = await root.at("me");
    expectStatus(await root.sent(await user(), "give", { lists: id }), 204);
    expect(rows(await root.at("me", "users"), "users")).toHaveLength(1);
  });

  test("to members, invitations and a new owner, and out again", async () => {
    await using service = await startWithAccounts();
    const [root, ada] = [new Walker(service.url), new Walker(service.url)];
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    const users = await root.at("me", "users");
    const made = expectStatus(await root.sent(users, "default", { login: "ada" }), 201).json();
    expectStatus(await ada.sent(await ada.seen(String(made.url)), "default", { password: PASSWORD }), 201);

    const list = expectStatus(await root.sent(await root.at(), "default", { name: "Home" }), 201).json();
    const invite = async () => {
      expectStatus(await root.sent(list, "invite", { login: "ada", role: "viewer" }), 202);
      return only(await ada.at("me", "invitations"), "invitations");
    };
    expectStatus(await ada.sent(await invite(), "delete"), 204);
    const shared = expectStatus(await ada.sent(await invite(), "default"), 200).json();
    const members = rows(await root.seen(list._links.members?.href ?? ""), "members");
    expect(members.map(({ role, _templates }) => [role, Object.keys(_templates)])).toEqual([
      ["owner", []],
      ["viewer", ["default", "delete"]],
    ]);
    expectStatus(await root.sent(members[1] as Json, "default", { role: "editor" }), 200);
    const seenByAda = rows(await ada.seen(shared._links.members?.href ?? ""), "members");
    expect(seenByAda.map(({ _templates }) => _templates)).toEqual([{} as never, {} as never]);
    expectStatus(await root.sent(list, "give", { login: "ada", role: "viewer" }), 204);
    expectStatus(await root.sent(await root.seen(list._links.self?.href ?? ""), "leave"), 204);
  });

  test("to a guest by a link, who signs out; and the link is revoked", async () => {
    await using service = await startWithAccounts();
    const root = new Walker(service.url);
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    const list = expectStatus(await root.sent(await root.at(), "default", { name: "Home" }), 201).json();
    const { url } = expectStatus(await root.sent(list, "link", { role: "viewer" }), 201).json();

    const guest = new Walker(service.url);
    const page = { accept: "text/html,*/*;q=0.8" };
    expect((await guest.get(String(url), page)).header("location")).toBe(`${service.url}/`);
    const seen = await guest.at();
    expect(Object.keys(seen._links)).toEqual(expect.arrayContaining(["checklists", "sign-in", "sign-out"]));
    expect(Object.keys(seen._links)).not.toContain("me");
    expect(rows(await guest.at("checklists"), "checklists")).toMatchObject([{ name: "Home" }]);
    const left = await guest.sent(seen, "sign-out");
    expect([left.status, left.header("set-cookie")]).toEqual([204, expect.stringContaining("Max-Age=0")]);
    expect(Object.keys((await guest.at())._links)).not.toContain("sign-out");
    await service.logged((line) => line.message === "guest left");

    const shared = await root.seen(list._links.links?.href ?? "");
    expectStatus(await root.sent(only(shared, "links"), "revoke"), 204);
    const dead = await guest.get(String(url), page);
    const secret = String(url).split("/").at(-1);
    expect([dead.status, dead.header("location")]).toEqual([
      303,
      `${service.url}/#/link?at=links%2F${secret}&problem=not-found`,
    ]);
    expect((await guest.get(String(url))).status).toBe(404);
  });

  test("a link to choose a password leads a browser to the page, and is not used up by that", async () => {
    await using service = await startWithAccounts();
    const root = new Walker(service.url);
    const first = { code: await service.setUpCode(), login: "root", password: PASSWORD };
    expectStatus(await root.sent(await root.at(), "set-up", first), 201);
    const made = await root.sent(await root.at("me", "users"), "default", { login: "ada" });
    const url = String(expectStatus(made, 201).json().url);
    const shown = await root.get(url, { accept: "text/html,*/*;q=0.8" });
    const at = encodeURIComponent(url.slice(service.url.length + 1));
    expect([shown.status, shown.header("location")]).toEqual([303, `${service.url}/#/link?at=${at}`]);
    expect([shown.header("cache-control"), shown.header("referrer-policy")]).toEqual([
      "no-store",
      "no-referrer",
    ]);
    const ada = new Walker(service.url);
    expectStatus(await ada.sent(await ada.seen(url), "default", { password: PASSWORD }), 201);
  });
});
