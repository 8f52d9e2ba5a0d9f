import { $ } from "bun";
import { untilReady } from "./cassandra.ts";
import { todosBinary } from "./contestants.ts";
import { quietEnvironment, type Running, start } from "./process.ts";

const PASSWORD = "a long enough password";

export type Settings = Readonly<Record<string, string>>;

/** A service with accounts, and somebody who has all lists of the time before. */
export interface Served extends Running {
  /** What wrk's scripts send: the two ways to say who somebody is. */
  readonly token: Settings;
  readonly cookie: Settings;
  /** Makes a user, who can sign in with the answer. */
  user(login: string): Promise<string>;
}

/** @param settings which store; its schema is up to date */
export async function startWithAccounts(settings: Settings): Promise<Served> {
  const environment = { ...quietEnvironment(), ...settings, TODOS_AUTH: "accounts" };
  const program = todosBinary();
  const added = await $`${program} user add ada --admin --json`.env(environment).json();
  const made = await $`${program} token create ada --name bench --scopes read,write --json`
    .env(environment)
    .json();
  const server = await start([program, "serve", "--port", "0"], environment);
  const choose = (url: string) =>
    send(server.url, new URL(url).pathname, { password: PASSWORD }, { "sec-fetch-site": "same-origin" });
  try {
    await untilReady(server);
    const cookie = (await choose(added.url)).headers.get("set-cookie")?.split(";", 1)[0] ?? "";
    return {
      ...server,
      token: { BENCH_AUTHORIZATION: `Bearer ${made.secret}` },
      cookie: { BENCH_COOKIE: cookie },
      user: async (login) => {
        const own = { cookie, "sec-fetch-site": "same-origin" };
        const { url } = (await (await send(server.url, "/users", { login }, own)).json()) as { url: string };
        await choose(url);
        return PASSWORD;
      },
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** @throws Error if it is refused */
export async function send(
  url: string,
  path: string,
  body: object,
  headers: Settings = {},
): Promise<Response> {
  const response = await fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  if (response.ok) return response;
  throw new Error(`${path}: ${response.status} ${await response.text()}`);
}
