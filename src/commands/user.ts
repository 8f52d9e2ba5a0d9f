import type { Accounts } from "../application/accounts/accounts.ts";
import type { User, UserRole } from "../application/accounts/records.ts";
import { checkedLogin } from "../application/accounts/users.ts";
import { loginProblem, userNameProblem } from "../domain/account.ts";
import { INBOX_ID } from "../domain/checklist.ts";
import { didYouMean } from "../lib/suggest.ts";
import { ACCOUNT_SETTINGS, linkTo, userNamed, withAccounts } from "./support/accounts-beside.ts";
import type { Command, Context } from "./support/command.ts";
import { CommandError, EXIT_DONE, jsonOption, UsageError } from "./support/command.ts";
import { tellDone } from "./support/result.ts";

const ROLES = ["user", "admin"] as const;

export const command: Command = {
  name: "user",
  summary: "list, add and change users, even while the service runs",
  details:
    "add and reset-password print a link that works once, within 7 days: anyone who opens it can choose the password. The first user must be an admin, and gets all checklists made before accounts were turned on. A disabled user's sessions and tokens end at once. The last admin can't be disabled or made an ordinary user.\n" +
    "On Cassandra, the schema must be up to date.",
  arguments: [
    {
      name: "ACTION",
      description: "list: show all users; role takes a login and a role; the others take a login",
      required: true,
      choices: ["list", "add", "role", "disable", "enable", "reset-password"],
    },
    { name: "LOGIN", description: "the user's login", required: false },
    { name: "ROLE", description: "for role: user or admin", required: false, choices: ROLES },
  ],
  options: [
    { name: "admin", description: "for add: make an admin" },
    { name: "name", placeholder: "NAME", description: "for add: the name that others see" },
    jsonOption("users and links"),
  ],
  settings: ACCOUNT_SETTINGS,
  examples: [
    { line: "todos user add --admin ada", does: "make an admin, and print a link to choose a password" },
    { line: "todos user list", does: "show all users" },
    { line: "todos user role bob admin", does: "make bob an admin" },
    {
      line: "todos user reset-password ada",
      does: "print a new link for somebody who forgot their password",
    },
  ],
  run: (context) => withAccounts(context, (accounts) => run(context, accounts)),
};

async function run(context: Context, accounts: Accounts): Promise<number> {
  const [action, login, role] = context.args;
  if (action === "list") return list(context, accounts);
  if (login === undefined) throw new UsageError(`${action} needs a LOGIN`, "See: todos user --help");
  if (action === "add") return add(context, accounts, login);
  const user = await userNamed(accounts, login);
  if (action === "reset-password") {
    const url = linkTo(context, await accounts.passwordLinks.make(user));
    accounts.parts.audit.tell("link made", { who: HERE, on: user.login });
    tellDone(context, { login: user.login, url }, url);
    return EXIT_DONE;
  }
  const change = action === "role" ? { role: roleOf(role) } : { disabled: action === "disable" };
  const changed = await accounts.users.change(user.id, change);
  accounts.parts.audit.tell("user changed", { who: HERE, on: user.login, ...change });
  tellDone(context, shown(changed), line(changed));
  return EXIT_DONE;
}

/** Who did it, for the audit: somebody on the host. */
const HERE = "(command line)";

function roleOf(given: string | undefined): UserRole {
  const role = ROLES.find((each) => each === given);
  if (role) return role;
  const why = given === undefined ? "role needs a ROLE" : `ROLE is "${given}"${didYouMean(given, ROLES)}`;
  throw new UsageError(`${why}; it must be user or admin`, "See: todos user --help");
}

async function add(context: Context, accounts: Accounts, given: string): Promise<number> {
  const { users, setUp, passwordLinks, parts } = accounts;
  const login = checkedLogin(given, loginProblem);
  const name = context.value("name");
  const problem = name === undefined ? undefined : userNameProblem(name);
  if (problem !== undefined) throw new UsageError(`--name ${problem}`);
  const role: UserRole = context.has("admin") ? "admin" : "user";
  const isFirst = await setUp.isOpen();
  if (isFirst && role === "user")
    throw new CommandError("the first user must be an admin", `run: todos user add --admin ${login}`);
  if (isFirst && !(await setUp.claimed()))
    throw new CommandError("somebody else is making the first user", "try again in a minute");
  const user = await users.create({ login, name, role, ...(isFirst ? { inboxId: INBOX_ID } : {}) });
  parts.audit.tell("user made", { who: HERE, on: login, role });
  const url = linkTo(context, await passwordLinks.make(user));
  tellDone(context, { ...shown(user), url }, url);
  return EXIT_DONE;
}

async function list({ stdout, has }: Context, { users }: Accounts): Promise<number> {
  for (let after: string | undefined; ; ) {
    const { items, next } = await users.list(after, ROWS_PER_READ);
    for (const { value } of items)
      stdout.write(`${has("json") ? JSON.stringify(shown(value)) : line(value)}\n`);
    if (next === undefined) return EXIT_DONE;
    after = next;
  }
}

const ROWS_PER_READ = 200;

function shown({ id, login, name, role, disabled, createdAt }: User) {
  return { id, login, name, role, disabled, createdAt: new Date(createdAt).toISOString() };
}

function line({ login, name, role, disabled }: User): string {
  const called = name === login ? "" : `  ${name}`;
  return `${login}  ${role}${disabled ? ", disabled" : ""}${called}`;
}
