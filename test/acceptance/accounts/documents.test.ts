import { expect, test } from "bun:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { HAL_FORMS, type Json, type Reply, self } from "../../support/client.ts";
import { expectStatus, firstAdmin, PASSWORD, Person, startWithAccounts } from "./support.ts";

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: object; readonly securitySchemes: object };
}
interface Operation {
  readonly security?: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

test("what the routes of accounts answer is what the OpenAPI document says, in HAL and HAL-FORMS", async () => {
  await using service = await startWithAccounts();
  const document = (await service.nobody.get("/openapi.json")).json() as unknown as Document;
  const ajv = addFormats(new Ajv({ strict: false, allErrors: true }));
  ajv.addSchema({ $id: "d", ...document });
  const check = (operation: string, reply: Reply): Json => {
    const [method = "", path = ""] = operation.split(" ");
    const described = document.paths[path]?.[method.toLowerCase()]?.responses[reply.status];
    if (!described) throw new Error(`${operation} → ${reply.status} is not in the document: ${reply.text}`);
    const type = reply.headers.get("content-type");
    if (type === null) return {} as Json;
    const schema = described.content?.[type]?.schema;
    if (!schema) throw new Error(`${operation} → ${reply.status}: ${type} is not in the document`);
    const validate = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"d#/')));
    if (!validate(reply.json()))
      throw new Error(`${operation}: ${ajv.errorsText(validate.errors)}\n${reply.text}`);
    return reply.json();
  };
  const forms = { accept: HAL_FORMS };
  check("GET /", await service.nobody.get("/", forms));
  const root = await firstAdmin(service);
  check("GET /", await root.get("/", forms));
  check("GET /me", await root.get("/me", forms));
  check("PATCH /me", await root.patch("/me", { name: "Root" }));
  check("GET /sessions", await root.get("/sessions", forms));
  check("POST /sessions", await service.nobody.post("/sessions", { login: "root", password: PASSWORD }));
  check("POST /sessions", await service.nobody.post("/sessions", { login: "root", password: "wrong wrong" }));
  const token = check(
    "POST /tokens",
    await root.post("/tokens", { name: "t", scopes: ["read"], checklists: [] }),
  );
  check("GET /tokens", await root.get("/tokens", forms));
  check("GET /tokens/{id}", await root.get(`/tokens/${token.id}`, forms));
  const user = check("POST /users", await root.post("/users", { login: "ada", role: "user" }));
  check("GET /users", await root.get("/users", forms));
  check("GET /users/{id}", await root.get(`/users/${user.id}`, forms));
  check("PATCH /users/{id}", await root.patch(`/users/${user.id}`, { disabled: false }, forms));
  const linkAt = `/users/${user.id}/password-link`;
  const { url } = check("POST /users/{id}/password-link", await root.ask("POST", linkAt));
  check("GET /password/{link}", await service.nobody.get(String(url), { accept: "text/html" }));
  check("GET /password/{link}", await service.nobody.get(String(url), forms));
  check("POST /password/{link}", await service.nobody.post(String(url), { password: PASSWORD }));
  const ada = new Person(service.url);
  expectStatus(await ada.post("/sessions", { login: "ada", password: PASSWORD }), 201);
  const list = check("POST /checklists", await root.post("/checklists", { name: "Shared" }));
  const of = (name: string) => `/checklists/${list.id}/${name}`;
  check("GET /checklists/{id}", await root.get(self(list), forms));
  check("GET /checklists", await root.get("/checklists", forms));
  const invite = { login: "ada", role: "viewer" };
  check("POST /checklists/{id}/invitations", await root.post(of("invitations"), invite));
  const invitations = check("GET /invitations", await ada.get("/invitations", forms));
  const [invitation] = (invitations._embedded as unknown as { invitations: Json[] }).invitations;
  const at = self(invitation as Json);
  check("GET /invitations/{id}", await ada.get(at, forms));
  check("POST /invitations/{id}", await ada.ask("POST", at, { headers: forms }));
  check("DELETE /invitations/{id}", await ada.delete(at));
  check("GET /checklists/{id}/members", await root.get(of("members"), forms));
  check("GET /checklists/{id}/members", await ada.get(of("members"), forms));
  const member = of(`members/${user.id}`);
  check("GET /checklists/{id}/members/{userId}", await root.get(member, forms));
  check("PATCH /checklists/{id}/members/{userId}", await root.patch(member, { role: "editor" }, forms));
  check("PATCH /checklists/{id}/members/{userId}", await ada.patch(member, { role: "editor" }));
  const link = check("POST /checklists/{id}/links", await root.post(of("links"), { role: "viewer" }));
  check("GET /checklists/{id}/links", await root.get(of("links"), forms));
  check("GET /checklists/{id}/links/{linkId}", await root.get(self(link), forms));
  check("GET /links/{link}", await service.nobody.get(String(link.url), forms));
  check("GET /links/{link}", await service.nobody.get(String(link.url), { accept: "text/html" }));
  check("GET /links/{link}", await service.nobody.get(String(link.url), { purpose: "prefetch" }));
  check("DELETE /checklists/{id}/links/{linkId}", await root.delete(self(link)));
  check("GET /links/{link}", await service.nobody.get(String(link.url)));
  check("POST /checklists/{id}/owner", await root.post(of("owner"), { login: "nobody" }));
  check("DELETE /checklists/{id}/members/{userId}", await root.delete(member));
  check("GET /users", await service.nobody.get("/users"));
  check(
    "POST /sessions/passkey-options",
    await service.nobody.ask("POST", "/sessions/passkey-options", { headers: forms }),
  );
  check("POST /passkeys/options", await root.ask("POST", "/passkeys/options", { headers: forms }));
  check("GET /passkeys", await root.get("/passkeys", forms));
  check("GET /me/totp", await root.get("/me/totp", forms));
  check("DELETE /sessions/current", await ada.delete("/sessions/current"));
  check("DELETE /users/{id}", await root.delete(`/users/${user.id}?lists=delete`));
  expect(Object.keys(document.components.securitySchemes)).toEqual(["token", "session"]);
  expect(document.paths["/sessions"]?.post?.security).toEqual([]);
  expect(document.paths["/tokens"]?.post?.security).toBeUndefined();
});

test("forms for somebody: sign in, and the first user while there is none; then what is one's own", async () => {
  await using service = await startWithAccounts();
  const forms = { accept: HAL_FORMS };
  const before = (await service.nobody.get("/", forms)).json()._templates;
  expect(Object.keys(before).sort()).toEqual(["set-up", "sign-in", "sign-in-passkey"]);
  expect(before["sign-in"]?.properties.find(({ name }) => name === "password")).toMatchObject({
    type: "password",
  });
  const root = await firstAdmin(service);
  expect(Object.keys((await service.nobody.get("/", forms)).json()._templates)).toEqual([
    "sign-in",
    "sign-in-passkey",
  ]);
  expect(Object.keys((await root.get("/", forms)).json()._templates)).toContain("sign-out");
  expect(Object.keys((await root.get("/me", forms)).json()._templates)).toEqual([
    "default",
    "password",
    "sign-in",
    "sign-in-passkey",
    "sign-out",
  ]);
});
