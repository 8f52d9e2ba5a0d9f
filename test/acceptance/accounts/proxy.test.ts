import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Data, type Service, scratchData } from "../../support/service.ts";
import { firstAdmin, startWithAccounts } from "./support.ts";

const DEADLINE_MS = 60_000;
const SECRET = "a-secret-between-proxy-and-service";
const ANN = `Basic ${btoa("ann:the proxy's password")}`;

const haproxy = Bun.which("haproxy", { PATH: `${process.env.PATH}:/usr/sbin` });
const withProxy = haproxy !== null || process.env.CI === "true" ? describe : describe.skip;

/** It asks for a password itself, and tells us who that was. What clients send in those headers is removed. */
function configuration(service: Service, socket: string): string {
  return `
global
  log stderr format raw local0 err
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
userlist people
  user ann insecure-password "the proxy's password"
frontend door
  bind unix@${socket}
  acl known http_auth(people)
  http-request auth realm people unless known || { path /open }
  http-request del-header Remote-User
  http-request del-header Todos-Proxy-Secret
  http-request set-header Remote-User %[http_auth_user] if known
  http-request set-header Todos-Proxy-Secret ${SECRET}
  http-request set-path /me if { path /open }
  http-request del-header Authorization
  default_backend todos
backend todos
  server todos 127.0.0.1:${new URL(service.url).port}
`;
}

/** HAProxy in front of the service, on a socket in its folder. */
async function behindProxy(service: Service, data: Data) {
  if (haproxy === null) throw new Error("There is no haproxy; install it.");
  const socket = join(data.folder, "proxy.sock");
  const file = join(data.folder, "haproxy.cfg");
  await Bun.write(file, configuration(service, socket));
  const child = Bun.spawn([haproxy, "-db", "-W", "-f", file], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const reader = child.stderr.getReader();
  for (let told = ""; !told.includes("Loading success"); ) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`haproxy ended:\n${told}`);
    told += new TextDecoder().decode(value);
  }
  return {
    me: async (headers: Record<string, string>, path = "/me") => {
      const response = await fetch(`http://todos.example${path}`, { headers, unix: socket });
      return response.ok ? ((await response.json()) as { readonly login: string }).login : response.status;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

withProxy("behind a proxy that says who is signed in (HAProxy)", () => {
  test(
    "its user is a user here; what clients send beside it, or around it, counts for nothing",
    async () => {
      using data = scratchData();
      await using service = await startWithAccounts(
        {
          TODOS_AUTH_PROXY_HEADER: "Remote-User",
          TODOS_AUTH_PROXY_SECRET: SECRET,
          TODOS_TRUSTED_PROXIES: "127.0.0.1",
          TODOS_ALLOWED_HOSTS: "todos.example",
        },
        data,
      );
      await firstAdmin(service, "ann");
      await using proxy = await behindProxy(service, data);
      expect(await proxy.me({ authorization: ANN })).toBe("ann");
      expect(await proxy.me({ authorization: ANN, "Remote-User": "root", remote_user: "root" })).toBe("ann");
      expect(await proxy.me({})).toBe(401);
      expect(await proxy.me({ "Remote-User": "ann" }, "/open")).toBe(401);

      // Around the proxy, from its own address.
      const around = async (headers: readonly (readonly [string, string])[]) =>
        (await fetch(`${service.url}/me`, { headers: headers.map(([name, value]) => [name, value]) })).status;
      const secret = ["Todos-Proxy-Secret", SECRET] as const;
      const user = ["Remote-User", "ann"] as const;
      expect(await around([user, secret])).toBe(200);
      const wrong: readonly (readonly (readonly [string, string])[])[] = [
        [user],
        [user, ["Todos-Proxy-Secret", "wrong"]],
        [user, secret, secret],
        [secret],
        [["Remote-User", ""], secret],
        [["Remote_User", "ann"], secret],
        [["X-Remote-User", "ann"], secret],
        [user, ["Remote-User", "root"], secret],
        [["Remote-User", "nobody"], secret],
      ];
      for (const headers of wrong) expect([headers, await around(headers)]).toEqual([headers, 401]);

      // What changes something must not come from another website: a proxy tells who it is for those, too.
      const from = async (origin: string) =>
        (
          await fetch(`${service.url}/checklists`, {
            method: "POST",
            headers: {
              [user[0]]: user[1],
              [secret[0]]: secret[1],
              origin,
              "content-type": "application/json",
            },
            body: JSON.stringify({ name: "a list" }),
          })
        ).status;
      expect(await from("https://evil.example")).toBe(403);
      expect(await from("null")).toBe(403);
      expect(await from(service.url)).toBe(201);
    },
    DEADLINE_MS,
  );

  test(
    "from an address that is not a proxy's it counts for nothing, whatever the secret",
    async () => {
      await using service = await startWithAccounts({
        TODOS_AUTH_PROXY_HEADER: "Remote-User",
        TODOS_AUTH_PROXY_SECRET: SECRET,
        TODOS_TRUSTED_PROXIES: "10.0.0.0/8",
      });
      await firstAdmin(service, "ann");
      const headers = { "Remote-User": "ann", "Todos-Proxy-Secret": SECRET, "X-Forwarded-For": "10.0.0.1" };
      expect((await fetch(`${service.url}/me`, { headers })).status).toBe(401);
    },
    DEADLINE_MS,
  );
});
