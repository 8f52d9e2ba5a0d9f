import {
  effectiveResources,
  literal,
  type Parameters,
  type Template,
} from "../../domain/deployment/template.ts";
import type { ImportedResource, Keyspaces } from "./ports.ts";

const KEYSPACE_TYPE = "AWS::Cassandra::Keyspace";
const TABLE_TYPE = "AWS::Cassandra::Table";

/** Resources of a stack that is to be made which an earlier destroy left behind, and which it therefore takes over. */
export async function adoptions(
  template: Template,
  parameters: Parameters,
  keyspaces: Keyspaces,
): Promise<ImportedResource[]> {
  const wanted = effectiveResources(template, parameters).filter(
    ({ type }) => type === KEYSPACE_TYPE || type === TABLE_TYPE,
  );
  if (wanted.length === 0) return [];
  const text = (value: unknown): string => literal(value, template, parameters) ?? "";
  // A table names its keyspace by a reference to the resource, whose value is the keyspace's name.
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
