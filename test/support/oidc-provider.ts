import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Provider, { type Configuration } from "oidc-provider";
import type { Page } from "playwright-core";

export const CLIENT = { clientId: "todos", clientSecret: "secret of the client: % and +" } as const;
/** Of which it issues JWTs. */
export const AUDIENCE = "https://todos.example/api";

/** An OpenID provider of others (panva's oidc-provider, certified), on this machine. */
export interface RunningProvider extends AsyncDisposable {
  readonly issuer: string;
  /** From now on it knows the client, and sends browsers back to these addresses alone. */
  admit(redirectUris: readonly string[]): void;
  /** What its users have beside a name: login → groups. */
  readonly groups: Map<string, readonly string[]>;
  /** An access token (JWT) for a program that acts for itself. */
  clientToken(): Promise<string>;
}

export async function startProvider(): Promise<RunningProvider> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const groups = new Map<string, readonly string[]>();
  return {
    issuer,
    groups,
    admit: (redirectUris) => {
      server.removeAllListeners("request");
      server.on("request", new Provider(issuer, configuration(redirectUris, groups)).callback());
    },
    async clientToken() {
      const response = await fetch(`${issuer}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${btoa(Object.values(CLIENT).map(encodeURIComponent).join(":"))}` },
        body: new URLSearchParams({ grant_type: "client_credentials", resource: AUDIENCE, scope: "todos" }),
      });
      const answer = (await response.json()) as { readonly access_token: string };
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return answer.access_token;
    },
    [Symbol.asyncDispose]: () => closed(server),
  };
}

/** Signs in on the provider's own pages, and agrees to what the client asks for. */
export async function signInThere(page: Page, login: string): Promise<void> {
  await page.fill("input[name=login]", login);
  await page.fill("input[name=password]", "any: the provider's own pages are for development");
  await page.click("button[type=submit]");
  await page.click("button[type=submit]");
}

function configuration(
  redirectUris: readonly string[],
  groups: ReadonlyMap<string, readonly string[]>,
): Configuration {
  const audience = { scope: "todos", audience: AUDIENCE, accessTokenFormat: "jwt" } as const;
  return {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [...redirectUris],
        grant_types: ["authorization_code", "client_credentials"],
      },
    ],
    cookies: { keys: ["a key of the provider"] },
    scopes: ["openid", "groups"],
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups"] },
    findAccount: (_, sub) => ({
      accountId: sub,
      claims: async () => ({
        sub,
        name: `Name of ${sub}`,
        preferred_username: sub,
        groups: groups.get(sub) ?? [],
      }),
    }),
    pkce: { required: () => true },
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: { enabled: true, getResourceServerInfo: async () => audience },
    },
  };
}

async function closed(server: Server): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await done;
}
