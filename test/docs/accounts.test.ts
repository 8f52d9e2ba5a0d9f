import { expect, test } from "bun:test";
import { join } from "node:path";
import { accountRoutes } from "../../src/adapters/http/accounts/routes.ts";
import { healthRoutes, managementRoutes } from "../../src/adapters/http/actuator/routes.ts";
import { EventStreams } from "../../src/adapters/http/api/events.ts";
import { apiRoutes } from "../../src/adapters/http/app.ts";
import { METHODS, type Method } from "../../src/adapters/http/kernel/operation.ts";
import { FREE_GUESSES } from "../../src/application/accounts/guesses.ts";
import { RECENT_MS } from "../../src/application/accounts/recent.ts";
import { TOKENS_PER_USER_MAX } from "../../src/application/accounts/tokens.ts";
import { COMMANDS } from "../../src/commands/support/table.ts";
import { AUTH } from "../../src/config/auth.ts";
import { IDENTITY } from "../../src/config/identity.ts";
import { CONFIG_KEYS, optionOf, shownValue } from "../../src/config/options.ts";
import { decided, type ListRight, type Role } from "../../src/domain/access.ts";
import { PASSWORD_CHARS_MIN } from "../../src/domain/account.ts";
import { loadApi } from "../../src/resources.ts";
import { ROOT } from "../support/binary.ts";

const page = await Bun.file(join(ROOT, "docs/accounts.md")).text();
const routes = [
  ...apiRoutes(await loadApi(), new EventStreams()),
  ...accountRoutes,
  ...healthRoutes,
  ...managementRoutes({ writable: true, own: false }),
];

/** The rows of the tables whose first cell is in code, without the backticks. */
function rowsOf(section: string): readonly (readonly string[])[] {
  const from = page.indexOf(`\n## ${section}\n`);
  expect(from).toBeGreaterThan(-1);
  const end = page.indexOf("\n## ", from + 1);
  const lines = page.slice(from, end < 0 ? undefined : end).split("\n");
  const rows = lines.filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return rows.map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim()),
  );
}

test("docs/accounts.md lists every setting of accounts, with its default", () => {
  const keys = CONFIG_KEYS.filter((key) => key in AUTH.options || key in IDENTITY.options);
  const [, ...rows] = rowsOf("Settings");
  expect(rows.map(([name, byDefault]) => [name, byDefault?.replaceAll("`", "")])).toEqual(
    keys.map((key) => {
      const { variables, fallback } = optionOf(key);
      return [`\`${variables[0]}\``, shownValue(key, fallback(false))];
    }),
  );
});

test("docs/accounts.md names no setting that there is not", () => {
  const known = new Set(CONFIG_KEYS.flatMap((key) => optionOf(key).variables));
  const named = [...page.matchAll(/\bTODOS_[A-Z_]+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(30);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test("docs/accounts.md names no route that there is not", () => {
  const known = new Map(routes.map(({ path, methods }) => [path.replaceAll(/\{\w+\}/g, "{}"), methods]));
  const named = [...page.matchAll(/`(GET|POST|PUT|PATCH|DELETE)\s+(\/[\w/{}-]*)`/g)];
  expect(named.length).toBeGreaterThan(8);
  const wrong = named.filter(([, method, path = ""]) => {
    const methods = known.get(path.replaceAll(/\{\w+\}/g, "{}"));
    return methods?.[METHODS.find((each) => each === method) as Method] === undefined;
  });
  expect(wrong.map(([text]) => text)).toEqual([]);
  const plain = [...page.matchAll(/`(\/[a-z][\w./-]*)`/g)].map(([, path = ""]) => path);
  expect(plain.filter((path) => !known.has(path))).toEqual([]);
  expect(page).toContain("/sessions/oidc/callback`");
  expect(known.has("/sessions/oidc/callback")).toBe(true);
});

test("docs/accounts.md names no command that there is not", () => {
  const commands = new Set(COMMANDS.map(({ name }) => name));
  const named = [...page.matchAll(/\btodos ([a-z-]+)\b(?=[\s`])/g)].map(([, name = ""]) => name);
  const used = named.filter((name) => commands.has(name));
  expect(new Set(used)).toEqual(new Set(["user", "token", "doctor", "smoke", "serve"]));
});

test("the table of roles in docs/accounts.md is what the program decides", () => {
  const [head = [], ...rows] = rowsOf("Who may do what");
  const roles = head.slice(1) as Role[];
  expect(roles).toEqual(["viewer", "editor", "owner"]);
  const user = {
    kind: "user",
    id: "u",
    login: "u",
    name: "u",
    role: "user",
    inboxId: "i",
    way: "session",
  } as const;
  const rights = rows.map(([what = ""]) => /\(`([a-z]+)`\)/.exec(what)?.[1] as ListRight);
  expect(rights).toEqual(["read", "members", "write", "rename", "share", "delete", "leave"]);
  const answers = rights.map((right) =>
    roles.map((role) => (decided(user, right, role, true) === "allowed" ? "yes" : "no")),
  );
  expect(rows.map(([, ...cells]) => cells)).toEqual(answers);
});

test("the numbers in docs/accounts.md are the program's", () => {
  expect(page).toContain(`at least ${PASSWORD_CHARS_MIN} characters`);
  expect(page).toContain(`at most ${TOKENS_PER_USER_MAX}`);
  expect(page).toContain(`last ${RECENT_MS / 60_000} minutes`);
  expect(FREE_GUESSES).toBe(4);
  expect(page).toContain("From the fifth attempt on");
});
