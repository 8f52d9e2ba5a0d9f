import type { Page } from "playwright-core";
import type { Service } from "../../support/service.ts";
import { type AccountService, PASSWORD } from "./support.ts";

/** An answer to a page's script. */
export interface PageReply {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a script of the page gets, with the page's cookies. */
export function asked(page: Page, method: string, path: string, body?: unknown): Promise<PageReply> {
  const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  return page.evaluate(`fetch(${JSON.stringify(path)}, {
    ...${JSON.stringify(init)},
    headers: { accept: "application/hal+json", "content-type": "application/json" },
  }).then(async (response) => {
    const text = await response.text();
    return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
  })`);
}

/** Makes the first user, an admin, who is signed in from then on. */
export async function setUp(service: AccountService, page: Page, login = "root"): Promise<void> {
  const made = await asked(page, "POST", "/set-up", {
    code: await service.setUpCode(),
    login,
    password: PASSWORD,
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made));
}

/** By the name for which browsers allow passkeys without TLS. */
export function localhost({ url }: Pick<Service, "url">): string {
  return url.replace("127.0.0.1", "localhost");
}
