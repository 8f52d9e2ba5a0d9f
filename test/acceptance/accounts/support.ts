import { Client, type Json, type Reply, self } from "../../support/client.ts";
import { type Data, type Service, type Settings, startService } from "../../support/service.ts";

export const PASSWORD = "correct horse battery";
/** The service believes it, so that tests come from many addresses. */
const PROXIES = { TODOS_TRUSTED_PROXIES: "127.0.0.0/8,::1/128" };

/** A service with accounts. */
export interface AccountService extends Service {
  /** Without a credential. */
  readonly nobody: Client;
  /** Of the log, while there is no user. */
  setUpCode(): Promise<string>;
}

export async function startWithAccounts(settings: Settings = {}, data?: Data): Promise<AccountService> {
  const service = await startService({ TODOS_AUTH: "accounts", ...PROXIES, ...settings }, data);
  return {
    ...service,
    nobody: new Client(service.url),
    setUpCode: async () =>
      String((await service.logged(({ setUpCode }) => setUpCode !== undefined)).setUpCode),
  };
}

/** Somebody with a browser: it keeps the cookie. */
export class Person extends Client {
  cookie = "";

  override async ask(...[method, where, ask = {}]: Parameters<Client["ask"]>): Promise<Reply> {
    const cookie = this.cookie === "" ? {} : { cookie: this.cookie };
    // As browsers do: their own pages alone may send the cookie.
    const own = method === "GET" ? {} : { "sec-fetch-site": "same-origin" };
    const reply = await super.ask(method, where, { ...ask, headers: { ...cookie, ...own, ...ask.headers } });
    const set = reply.headers.get("set-cookie");
    if (set !== null) this.cookie = set.includes("Max-Age=0") ? "" : (set.split(";", 1)[0] ?? "");
    return reply;
  }
}

/** The first user, signed in. */
export async function firstAdmin(service: AccountService, login = "root"): Promise<Person> {
  const person = new Person(service.url);
  const code = await service.setUpCode();
  expectStatus(await person.post("/set-up", { code, login, password: PASSWORD }), 201);
  return person;
}

/** Somebody whom the admin invited, and who came. */
export async function invited(admin: Person, login: string, role = "user"): Promise<Person> {
  const { url } = expectStatus(await admin.post("/users", { login, role }), 201).json();
  const person = new Person(admin.url);
  expectStatus(await person.post(String(url), { password: PASSWORD }), 201);
  return person;
}

/** The secret of a new API token. */
export async function tokenOf(person: Person, scopes: readonly string[]): Promise<string> {
  return String(expectStatus(await person.post("/tokens", { name: "t", scopes }), 201).json().secret);
}

/** The person becomes a member, or gets another role. @param list of the owner's */
export async function share(
  owner: Person,
  list: Json,
  person: Person,
  role: "viewer" | "editor",
): Promise<void> {
  const user = (await person.get("/me")).json();
  const member = `${self(list)}/members/${user.id}`;
  if ((await owner.get(member)).status === 200) {
    expectStatus(await owner.patch(member, { role }), 200);
    return;
  }
  expectStatus(await owner.post(`${self(list)}/invitations`, { login: user.login, role }), 202);
  const invitations = await embedded(person, "/invitations", "invitations");
  const invitation = invitations.find(({ checklist }) => (checklist as Json).id === list.id);
  if (!invitation) throw new Error("the invitation did not arrive");
  expectStatus(await person.post(self(invitation), undefined), 200);
}

/** The person is no member any more. */
export async function unshare(owner: Person, list: Json, person: Person): Promise<void> {
  const { id } = (await person.get("/me")).json();
  expectStatus(await owner.delete(`${self(list)}/members/${id}`), 204);
}

/** The rows of a collection that fits into one answer. */
export async function embedded(person: Client, where: string, name: string): Promise<readonly Json[]> {
  const { _embedded } = expectStatus(await person.get(where), 200).json();
  return (_embedded as unknown as Readonly<Record<string, readonly Json[]>>)[name] ?? [];
}

export async function signedIn(url: string, login: string, password = PASSWORD): Promise<Person> {
  const person = new Person(url);
  expectStatus(await person.post("/sessions", { login, password }), 201);
  return person;
}

export function expectStatus(reply: Reply, status: number): Reply {
  if (reply.status !== status) throw new Error(`expected ${status}, got ${reply.status}: ${reply.text}`);
  return reply;
}

/** From another address than all others. */
export function from(address: string): Record<string, string> {
  return { "x-forwarded-for": address };
}
