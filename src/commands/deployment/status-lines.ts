import type { EnvironmentStatus } from "../../application/deploy/status.ts";
import { PRICES_DATE, PRICES_SOURCE } from "../../domain/deployment/cost.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { dollars } from "./lines.ts";

/** A deployment for people. */
export function statusLines(found: EnvironmentStatus): string[] {
  const { environment, region, account, digest, goodDigests, url, endpoints, costs, monthlyUsd, healthy } =
    found;
  const older = goodDigests.filter((each) => each !== digest);
  return [
    `environment ${environment}, account ${account}, region ${region}: ${healthy ? "healthy" : "NOT healthy"}`,
    ...found.stacks.map(
      ({ stack, status, reason }) => `  ${stack}: ${status}${reason ? ` (${reason})` : ""}`,
    ),
    ...serviceLines(found),
    ...(digest === undefined ? [] : [`image ${digest}`]),
    ...older.map((each) => `  can roll back to ${each}`),
    ...(url === undefined ? [] : [`reachable inside the network at ${url}`]),
    ...endpoints.map(({ name, id, status }) => `  endpoint ${name} ${id}: ${status}`),
    `about ${dollars(monthlyUsd)} a month when idle (${PRICES_SOURCE}, ${PRICES_DATE})`,
    ...costs.map(({ what, how, monthlyUsd: usd }) => `  ${what}: ${dollars(usd)} (${how})`),
  ];
}

function serviceLines({ service, tasks }: EnvironmentStatus): string[] {
  if (service === undefined) return ["no service"];
  return [
    `service ${service.status}: ${service.running} of ${service.desired} tasks run`,
    ...service.deployments.map(
      ({ id, primary, rollout, running, desired }) =>
        `  deployment ${id}${primary ? "" : " (older)"}: ${rollout}, ${running} of ${desired}`,
    ),
    ...tasks.map(
      ({ arn, lastStatus, health, address, zone }) =>
        `  task ${lastPartOf(arn)}: ${lastStatus}, ${health}, ${address ?? "no address"}${zone ? `, ${zone}` : ""}`,
    ),
    ...service.events.slice(0, 3).map(({ at, message }) => `  ${new Date(at).toISOString()} ${message}`),
  ];
}
