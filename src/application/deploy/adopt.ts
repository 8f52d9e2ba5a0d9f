import {
  effectiveResources,
  literal,
  type Parameters,
  type Template,
  type TemplateResource,
} from "../../domain/deployment/template.ts";
import type { ImportedResource, Keyspaces, Logs } from "./ports.ts";

const KEYSPACE_TYPE = "AWS::Cassandra::Keyspace";
const TABLE_TYPE = "AWS::Cassandra::Table";
const LOG_GROUP_TYPE = "AWS::Logs::LogGroup";
/** Container Insights creates its log group, even after the cluster's stack has deleted it. */
const INSIGHTS_PATTERN = /^\/aws\/ecs\/containerinsights\/todos/;

export interface AdoptionParts {
  readonly keyspaces: Keyspaces;
  readonly logs: Logs;
}

/** Resources that a new stack takes over because they already exist. */
export async function adoptions(
  template: Template,
  parameters: Parameters,
  { keyspaces, logs }: AdoptionParts,
): Promise<ImportedResource[]> {
  const wanted = effectiveResources(template, parameters);
  const text = (value: unknown): string => literal(value, template, parameters) ?? "";
  return [...(await data(wanted, text, keyspaces)), ...(await insights(wanted, text, logs))];
}

/** A leftover with a name that only ECS uses, so the stack may take it over. */
export function isInsightsGroup(name: string): boolean {
  return INSIGHTS_PATTERN.test(name);
}

type TextOf = (value: unknown) => string;

/** An earlier destroy left it behind. */
async function data(
  resources: readonly TemplateResource[],
  text: TextOf,
  keyspaces: Keyspaces,
): Promise<ImportedResource[]> {
  const wanted = resources.filter(({ type }) => type === KEYSPACE_TYPE || type === TABLE_TYPE);
  if (wanted.length === 0) return [];
  // A table refers to its keyspace's resource, whose value is the keyspace's name.
  const keyspace = wanted.find(({ type }) => type === KEYSPACE_TYPE);
  const name = text(keyspace?.properties.KeyspaceName);
  if (!(await keyspaces.hasKeyspace(name))) return [];
  const tables = await keyspaces.tables(name);
  return wanted.flatMap(({ logicalId, type, properties }) => {
    if (type === KEYSPACE_TYPE) return [{ logicalId, type, identifier: { KeyspaceName: name } }];
    const table = text(properties.TableName);
    if (!tables.includes(table)) return [];
    return [{ logicalId, type, identifier: { KeyspaceName: name, TableName: table } }];
  });
}

async function insights(
  resources: readonly TemplateResource[],
  text: TextOf,
  logs: Logs,
): Promise<ImportedResource[]> {
  const found: ImportedResource[] = [];
  for (const { logicalId, type, properties } of resources) {
    const name = type === LOG_GROUP_TYPE ? text(properties.LogGroupName) : "";
    if (!isInsightsGroup(name) || !(await hasGroup(logs, name))) continue;
    found.push({ logicalId, type, identifier: { LogGroupName: name } });
  }
  return found;
}

export async function hasGroup(logs: Logs, name: string): Promise<boolean> {
  return (await logs.groups(name)).some((group) => group.name === name);
}
