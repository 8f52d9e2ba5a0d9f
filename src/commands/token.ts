import type { Accounts } from "../application/accounts/accounts.ts";
import { type ApiToken, SCOPES, type Scope, type User } from "../application/accounts/records.ts";
import { didYouMean } from "../lib/suggest.ts";
import { ACCOUNT_SETTINGS, userNamed, withAccounts } from "./support/accounts-beside.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, jsonOption, UsageError } from "./support/command.ts";
import { tellDone } from "./support/result.ts";

export const command: Command = {
  name: "token",
  summary: "create, list and revoke API tokens, even while the service runs",
  details:
    "A token acts for its user: programs send it as Authorization: Bearer. create prints the secret, which can't be shown again. Scopes are read (GET and HEAD), write (every other method) and admin.",
  arguments: [
    { name: "ACTION", description: "what to do", required: true, choices: ["create", "list", "revoke"] },
    { name: "LOGIN", description: "whose tokens", required: true },
    { name: "ID", description: "for revoke: the token's ID, from list", required: false },
  ],
  options: [
    { name: "name", placeholder: "NAME", description: "for create: what it is for" },
    { name: "scopes", placeholder: "LIST", description: "for create: read, write, admin; by default read" },
    {
      name: "expires",
      placeholder: "TIME",
      description: "for create: when it expires, such as 2027-01-31T00:00:00Z",
    },
    jsonOption("tokens"),
  ],
  settings: ACCOUNT_SETTINGS,
  examples: [
    { line: "todos token create ada --name backup --scopes read", does: "a token that only reads" },
    { line: "todos token list ada", does: "ada's tokens, without secrets" },
    {
      line: "todos token revoke ada 0198c7a2-6b5e-7c31-9d0f-2f5a4b1c8e77",
      does: "revoke one; it stops working at once",
    },
  ],
  run: (context) => withAccounts(context, (accounts) => run(context, accounts)),
};

async function run(context: Context, accounts: Accounts): Promise<number> {
  const [action, login = "", id] = context.args;
  const user = await userNamed(accounts, login);
  if (action === "create") return create(context, accounts, user);
  if (action === "list") return list(context, await accounts.tokens.list(user.id));
  if (id === undefined) throw new UsageError("revoke needs an ID", "See: todos token list LOGIN");
  await accounts.tokens.revoke(user, id);
  tellDone(context, { revoked: id }, `${id} revoked`);
  return EXIT_DONE;
}

async function create(context: Context, { tokens }: Accounts, user: User): Promise<number> {
  const name = context.value("name") ?? "todos token create";
  const expiresAt = timeOf(context.value("expires"));
  const request = { name, scopes: scopesOf(context.value("scopes") ?? "read") };
  const { token, secret } = await tokens.create(user, { ...request, ...expiresAt });
  tellDone(context, { ...shown(token), secret }, secret);
  return EXIT_DONE;
}

function scopesOf(text: string): readonly Scope[] {
  return text.split(",").map((word) => {
    const scope = SCOPES.find((each) => each === word.trim());
    if (scope) return scope;
    throw new UsageError(
      `--scopes has "${word}"${didYouMean(word, SCOPES)}; scopes are ${SCOPES.join(", ")}`,
    );
  });
}

function timeOf(text: string | undefined): { readonly expiresAt?: number } {
  if (text === undefined) return {};
  const expiresAt = Date.parse(text);
  if (Number.isNaN(expiresAt))
    throw new UsageError(`--expires is "${text}"; it must be a time, such as 2027-01-31T00:00:00Z`);
  return { expiresAt };
}

function list({ stdout, has }: Context, tokens: readonly ApiToken[]): number {
  for (const token of tokens) stdout.write(`${has("json") ? JSON.stringify(shown(token)) : line(token)}\n`);
  return EXIT_DONE;
}

function shown({ id, name, scopes, checklists, createdAt, lastUsedAt, expiresAt }: ApiToken) {
  const at = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
  const times = { createdAt: at(createdAt), lastUsedAt: at(lastUsedAt), expiresAt: at(expiresAt) };
  return { id, name, scopes, checklists, ...times };
}

function line({ id, name, scopes, lastUsedAt }: ApiToken): string {
  const used = lastUsedAt === undefined ? "never used" : `used ${new Date(lastUsedAt).toISOString()}`;
  return `${id}  ${scopes.join(",")}  ${used}  ${name}`;
}
