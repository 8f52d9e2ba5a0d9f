import type { Config } from "../config.ts";
import { accessFindings, peopleFinding, peopleInFile } from "./findings/accounts.ts";
import { clusterFindings } from "./findings/cluster.ts";
import type { Finding, Look } from "./findings/finding.ts";
import { fail, ok, warn } from "./findings/finding.ts";
import { clock, openFiles } from "./findings/host.ts";
import { certificate, port } from "./findings/network.ts";
import { providerFindings } from "./findings/provider.ts";
import { database, dataFolder, freeSpace, syncSpeed } from "./findings/storage.ts";
import type { Command, Context } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED, jsonOption } from "./support/command.ts";

const FILE_LOOKS: readonly Look[] = [dataFolder, freeSpace, syncSpeed, database];
const HOST_LOOKS: readonly Look[] = [port, certificate, openFiles, clock];

export const command: Command = {
  name: "doctor",
  summary: "find problems with this host's setup",
  details:
    "Run it with the flags and environment of the service. It changes nothing: on SQLite it writes and removes one small file to time the disk, on Cassandra it queries the nodes, and with an OpenID provider it reads the provider's configuration. Exits with 1 if something must be fixed before the service can work.",
  arguments: [],
  options: [jsonOption("the findings")],
  settings: "all",
  toleratesMistakes: true,
  examples: [
    { line: "todos doctor", does: "check everything" },
    { line: "todos doctor --json --port 9000", does: "findings for programs" },
  ],
  run: async (context) => {
    const findings: Finding[] = [];
    for await (const finding of allFindings(context)) {
      findings.push(finding);
      tell(context, finding);
    }
    return findings.some(({ result }) => result === "fail") ? EXIT_FAILED : EXIT_DONE;
  },
};

async function* allFindings(context: Context): AsyncGenerator<Finding> {
  const { config, mistakes } = context;
  yield* configurationFindings(context);
  if (config.cassandraEndpoints.length === 0) yield* fileFindings(config);
  // With a wrong setting it would be another cluster, or none.
  else if (mistakes.length === 0) yield* clusterFindings(config);
  yield* seen(HOST_LOOKS, config);
  yield* accessFindings(config);
  if (config.auth === "accounts") yield* await providerFindings(config);
}

async function* fileFindings(config: Config): AsyncGenerator<Finding> {
  yield* seen(FILE_LOOKS, config);
  const people = peopleInFile(config);
  if (people) yield peopleFinding(config, people);
}

async function* seen(looks: readonly Look[], config: Config): AsyncGenerator<Finding> {
  for (const look of looks) yield await look(config);
}

function configurationFindings({ mistakes, warnings }: Context): Finding[] {
  const check = "configuration";
  const found = [
    ...mistakes.map((mistake) => fail(check, mistake, "fix it; see: todos serve --help")),
    ...warnings.map((warning) => warn(check, warning, "see: todos serve --help")),
  ];
  return found.length > 0 ? found : [ok(check, "every setting is acceptable")];
}

const COLORS = { ok: "\x1b[32m", warn: "\x1b[33m", fail: "\x1b[31m" } as const;
const RESET = "\x1b[0m";
const RESULT_CHARS = 6;

function tell({ has, stdout }: Context, finding: Finding): void {
  if (has("json")) {
    stdout.write(`${JSON.stringify(finding)}\n`);
    return;
  }
  const word = finding.result.padEnd(RESULT_CHARS);
  const shown = stdout.colors ? `${COLORS[finding.result]}${word}${RESET}` : word;
  const advice = finding.advice === undefined ? "" : `${" ".repeat(RESULT_CHARS)}→ ${finding.advice}\n`;
  stdout.write(`${shown}${finding.check}: ${finding.message}\n${advice}`);
}
