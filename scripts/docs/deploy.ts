import { readTemplate } from "../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../src/adapters/aws/templates.ts";
import { costsOf } from "../../src/application/deploy/planning.ts";
import { connectorPolicy } from "../../src/domain/deployment/connect-policy.ts";
import { monthlyTotal } from "../../src/domain/deployment/cost.ts";
import { environmentNames } from "../../src/domain/deployment/names.ts";
import { deployerPolicies } from "../../src/domain/deployment/policy.ts";

const NAMES = environmentNames(undefined);
/** The deployment whose cost `docs/deploy.md` shows: a first deploy without flags. */
const DEFAULTS = {
  settings: { architecture: "amd64", tags: {} },
  network: {},
  states: new Map(),
  imageUri: "",
} as const;
const SCOPE = { account: "111122223333", region: "eu-west-1", partition: "aws" };

/** The page with the cost table and the deployer's policies from the code. */
export function withDeployParts(page: string): string {
  const templates = { network: readTemplate(TEMPLATES.network), ecs: readTemplate(TEMPLATES.ecs) };
  const costs = costsOf({ run: { names: NAMES }, templates }, DEFAULTS);
  const rows = costs.map(({ what, how, monthlyUsd }) => `| ${what} | ${monthlyUsd.toFixed(2)} | ${how} |`);
  const table = [
    "| What | $ a month | How |",
    "| --- | ---: | --- |",
    ...rows,
    `| **together** | **${monthlyTotal(costs).toFixed(2)}** | |`,
  ].join("\n");
  const withCosts = part(page, "costs", table);
  const withPolicy = part(withCosts, "policy", deployerPolicies(SCOPE).map(json).join("\n\n"));
  return part(withPolicy, "connect-policy", json(connectorPolicy(SCOPE)));
}

function json(value: unknown): string {
  return `\`\`\`json\n${JSON.stringify(value, undefined, 1)}\n\`\`\``;
}

function part(page: string, name: string, text: string): string {
  const pattern = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
  if (!pattern.test(page)) throw new Error(`docs/deploy.md has no place for ${name}`);
  return page.replace(pattern, (_, begin: string, end: string) => `${begin}${text}\n${end}`);
}
