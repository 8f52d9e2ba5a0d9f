import { describe, expect, test } from "bun:test";
import { join } from "node:path";

const SRC = join(import.meta.dir, "../../../../src");

/** Where it is decided who may do what, and what follows from who somebody is. */
const DECIDING = [
  "domain/access.ts",
  "adapters/http/kernel/exchange.ts",
  "adapters/http/kernel/permissions.ts",
  // Whose inbox, whose lists, whose Idempotency-Key.
  "application/caller.ts",
  "application/visible.ts",
  "application/remembered-callers.ts",
  "adapters/http/accounts/exchange.ts",
];

/** What code that decides by the caller looks like. */
const DECISIONS = [
  /\bdecided\(/,
  /\bcaller\??\.(kind|role|scopes|checklists|way|id)\b/,
  /\{[^}]*\b(kind|role|scopes|way)\b[^}]*\} = (x\.caller\b|caller\b|userOf\(x\))/,
  // By another name.
  /\b(const|let) \w+ = (x\.)?caller\b/,
  /\bcaller: \w+[^=]*\} = x\b/,
  /\buserOf\(x\)\.(role|scopes|checklists|way)\b/,
  /(===|!==) userOf\(x\)|userOf\(x\)\.\w+ (===|!==)|\(userOf\(x\)\.\w+\) (===|!==)/,
  /\.kind (===|!==) "user"/,
  /\bx\.role\b(?! = "owner";| \?\?)/,
  /(===|!==) "(owner|editor|viewer|admin|guest|nobody|anyone)"/,
];

function decisionsIn(path: string, text: string): string[] {
  if (DECIDING.includes(path)) return [];
  return text
    .split("\n")
    .filter((line) => DECISIONS.some((pattern) => pattern.test(line)))
    .map((line) => `${path}: ${line.trim()}`);
}

describe("who may do what", () => {
  test("is decided by no handler and no use case of checklists and tasks", async () => {
    const found: string[] = [];
    let files = 0;
    for (const folder of ["adapters/http", "application"]) {
      for await (const name of new Bun.Glob("**/*.ts").scan(join(SRC, folder))) {
        // Accounts' use cases are about users, their roles, and what tokens may be made for.
        if (folder === "application" && /^(accounts|deploy|copy)\//.test(name)) continue;
        files++;
        found.push(...decisionsIn(`${folder}/${name}`, await Bun.file(join(SRC, folder, name)).text()));
      }
    }
    expect(found).toEqual([]);
    console.log(`note: no decision about access in ${files} files of handlers and use cases`);
  });

  test.each([
    'if (x.caller.kind === "user") return all(x);',
    "const { role } = x.caller;",
    'if (x.role !== "owner") throw notFound("checklist");',
    'if (decided(x.caller, "read", role, true) === "allowed") return row;',
    "const isAdmin = caller.role;",
    "const who = x.caller;",
    "const { caller: who } = x;",
    'if (who.kind === "user") return all(x);',
    "if (userOf(x).role in ROLES) return all(x);",
    "const { role } = userOf(x);",
    "if (list.owner === userOf(x).id) return all(x);",
    "if (userOf(x).id !== list.owner) throw forbidden();",
  ])("%s is found", (line) => {
    expect(decisionsIn("adapters/http/api/a.ts", line)).toHaveLength(1);
  });
});
