import type { Config } from "../../config.ts";
import { accessFindings, peopleFinding, peopleInFile } from "./accounts.ts";
import type { Finding, Look } from "./finding.ts";
import { clock, openFiles } from "./host.ts";
import { certificate } from "./network.ts";
import { providerFindings } from "./provider.ts";
import { freeSpace } from "./storage.ts";

/** Those that make sense while the service runs: it has its port and its file, and its probes try the disk. */
const LOOKS: readonly Look[] = [certificate, openFiles, clock];
/** The provider is asked no more often, however many look. */
const KEPT_MS = 30_000;

/** What `todos doctor` would say of a service that runs. */
export function serviceDoctor(config: Config): () => Promise<readonly Finding[]> {
  let last: { readonly at: number; readonly findings: Promise<readonly Finding[]> } | undefined;
  return () => {
    const now = performance.now();
    if (!last || now - last.at > KEPT_MS) last = { at: now, findings: found(config) };
    return last.findings;
  };
}

async function found(config: Config): Promise<readonly Finding[]> {
  const isFile = config.cassandraEndpoints.length === 0;
  const findings = [...(isFile ? [await freeSpace(config)] : [])];
  for (const look of LOOKS) findings.push(await look(config));
  const people = isFile ? peopleInFile(config) : undefined;
  findings.push(...accessFindings(config), ...(people ? [peopleFinding(config, people)] : []));
  return config.auth === "accounts" ? [...findings, ...(await providerFindings(config))] : findings;
}
