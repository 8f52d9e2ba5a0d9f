import { harmless } from "../lib/terminal.ts";
import { MAKE_TOKEN, withToken } from "./smoke/access.ts";
import type { Check } from "./smoke/check.ts";
import { CHECKS } from "./smoke/checks.ts";
import { type Place, type Reply, SmokeClient } from "./smoke/client.ts";
import { NotReached, Unmet, Unreached } from "./smoke/outcomes.ts";
import { SmokeRun } from "./smoke/smoke-run.ts";
import { ACCOUNT_SETTINGS } from "./support/accounts-beside.ts";
import { isUntrusted } from "./support/address.ts";
import type { Command, Context } from "./support/command.ts";
import { CommandError, EXIT_DONE, EXIT_FAILED, jsonOption, UsageError } from "./support/command.ts";
import { tellUndone } from "./support/result.ts";
import { type Stoppable, stoppable } from "./support/signals.ts";

export const command: Command = {
  name: "smoke",
  summary: "run acceptance checks against a running service, using their own data",
  details:
    "Creates a checklist with a unique name, follows links from the root, and deletes the checklist again, whether the checks pass or not. If the service's links have another address than URL, as behind a proxy, requests still go to URL.\n" +
    "If the service has accounts, it needs a token with the scopes read and write: TODOS_SMOKE_TOKEN, or --make-token.",
  arguments: [{ name: "URL", description: "base address of the service", required: true }],
  options: [
    jsonOption("the results"),
    { name: "insecure", description: "accept any TLS certificate" },
    {
      name: MAKE_TOKEN,
      description:
        "if the service has accounts, make a token in its store for these checks, and remove it again",
    },
  ],
  settings: ["smokeToken", ...ACCOUNT_SETTINGS],
  examples: [
    { line: "todos smoke http://127.0.0.1:8181", does: "check the service on this host" },
    { line: "todos smoke --json https://todos.example", does: "results for programs" },
    {
      line: "TODOS_SMOKE_TOKEN=todos_… todos smoke https://todos.example",
      does: "check a service with accounts",
    },
  ],
  run: async (context) => {
    const stopping = stoppable(context.signals);
    const place = {
      base: baseAddress(context.args[0] ?? ""),
      verified: !context.has("insecure"),
      token: context.config.smokeToken,
    };
    const root = await reach(new SmokeClient(place, stopping.signal));
    if (root instanceof CommandError) {
      stopping[Symbol.dispose]();
      if (stopping.exitCode === undefined) throw root;
      return stopped(context, stopping.exitCode);
    }
    const results = await withToken(context, root, (token) =>
      checked(context, { ...place, token }, stopping),
    );
    return stopping.exitCode === undefined ? conclude(context, results) : stopped(context, stopping.exitCode);
  },
};

async function checked(context: Context, place: Place, stopping: Stoppable): Promise<readonly Result[]> {
  const smoke = new SmokeRun(new SmokeClient(place, stopping.signal));
  const results: Result[] = [];
  try {
    for (const check of CHECKS) {
      if (stopping.signal.aborted) break;
      results.push(tell(context, await tried(check, smoke)));
    }
  } finally {
    // A second signal ends the program, even if it has not cleaned up.
    stopping[Symbol.dispose]();
    const cleaning = new SmokeClient(place, new AbortController().signal);
    cleaning.linksBeginWith(smoke.linkBase ?? place.base);
    results.push(tell(context, await tried(removal(cleaning), smoke)));
  }
  return results;
}

type Result = { readonly check: string } & (
  | { readonly result: "ok" }
  | { readonly result: "failed"; readonly reason: string; readonly expected?: string; readonly got?: string }
  | { readonly result: "skipped"; readonly reason: string }
);

function baseAddress(text: string): string {
  const url = URL.parse(text);
  if (url && /^https?:$/.test(url.protocol) && !url.search && !url.hash) return url.href.replace(/\/+$/, "");
  throw new UsageError(
    `URL is "${text}"; it must be an absolute http or https URL, such as http://127.0.0.1:8181`,
  );
}

function stopped(context: Context, exitCode: number): number {
  tellUndone(context, "stopped", "stopped");
  return exitCode;
}

/** @returns what the service says of itself, or the message if nothing answers: there is nothing to check then */
async function reach(client: SmokeClient): Promise<Reply | CommandError> {
  try {
    return await client.ask("GET", `${client.base}/`);
  } catch (error) {
    if (!(error instanceof Unreached)) throw error;
    return new CommandError(`can't reach ${client.base}: ${error.got}`, adviceOn(error.reason), {
      cause: error.reason,
    });
  }
}

function adviceOn(reason: unknown): string {
  return isUntrusted(reason)
    ? "to accept any certificate, add --insecure; to trust its authority, set NODE_EXTRA_CA_CERTS to its PEM file"
    : "check the address, and that the service is running: todos status shows a deployment, todos doctor this host";
}

function removal(client: SmokeClient): Check {
  return { sentence: "these checks left nothing behind", run: (smoke) => smoke.cleanUp(client) };
}

async function tried(check: Check, smoke: SmokeRun): Promise<Result> {
  try {
    await check.run(smoke);
    return { check: check.sentence, result: "ok" };
  } catch (error) {
    if (error instanceof NotReached)
      return { check: check.sentence, result: "skipped", reason: error.message };
    if (!(error instanceof Unmet)) throw error;
    const { message: reason, expected, got } = error;
    return { check: check.sentence, result: "failed", reason, expected, got };
  }
}

const COLORS = { ok: "\x1b[32m", failed: "\x1b[31m", skipped: "\x1b[33m" } as const;
const RESET = "\x1b[0m";
const RESULT_CHARS = 8;

function tell({ has, stdout }: Context, result: Result): Result {
  if (has("json")) {
    stdout.write(`${JSON.stringify(result)}\n`);
    return result;
  }
  const word = result.result.padEnd(RESULT_CHARS);
  const shown = stdout.colors ? `${COLORS[result.result]}${word}${RESET}` : word;
  const reason =
    result.result === "ok"
      ? ""
      : `${" ".repeat(RESULT_CHARS)}${stdout.isTerminal ? harmless(result.reason) : result.reason}\n`;
  stdout.write(`${shown}${result.check}\n${reason}`);
  return result;
}

function conclude({ has, stdout }: Context, results: readonly Result[]): number {
  const count = (word: Result["result"]): number => results.filter(({ result }) => result === word).length;
  const counts = { ok: count("ok"), failed: count("failed"), skipped: count("skipped") };
  if (has("json")) stdout.write(`${JSON.stringify({ summary: counts })}\n`);
  else stdout.write(`${counts.ok} ok, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  return counts.ok === results.length ? EXIT_DONE : EXIT_FAILED;
}
