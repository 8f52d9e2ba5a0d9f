/** What a migrator is doing, as it does it. */
export type MigrationProgress =
  | {
      readonly step: "keyspace";
      readonly keyspace: string;
      readonly datacenter: string;
      readonly replicas: number;
      readonly strategy: string;
    }
  | { readonly step: "waiting"; readonly owner: string; readonly until: number }
  | ({ readonly step: "statement" } & StatementPlace)
  /** Carried out, and not recorded yet. */
  | ({ readonly step: "executed"; readonly wasThere: boolean } & StatementPlace)
  | ({ readonly step: "recorded" } & StatementPlace)
  | { readonly step: "migrated"; readonly migration: string };

export interface StatementPlace {
  /** Name of the migration; `schema_migration` for the migrator's own tables. */
  readonly migration: string;
  /** The first is 1. */
  readonly statement: number;
  readonly statements: number;
  readonly cql: string;
}

export type OnProgress = (progress: MigrationProgress) => void;

const CQL_CHARS_MAX = 70;

/** A line for people; undefined for a step that is not worth one. */
export function progressLine(progress: MigrationProgress): string | undefined {
  switch (progress.step) {
    case "keyspace":
      return `making the keyspace ${progress.keyspace}: ${progress.strategy}, ${progress.replicas} ${progress.replicas === 1 ? "replica" : "replicas"} in ${progress.datacenter}`;
    case "waiting":
      return `waiting: ${progress.owner} is migrating, its lease ends ${new Date(progress.until).toISOString()} unless renewed`;
    case "statement":
      return `${progress.migration} ${progress.statement}/${progress.statements}: ${shortened(progress.cql)}`;
    default:
      return undefined;
  }
}

function shortened(cql: string): string {
  return cql.length > CQL_CHARS_MAX ? `${cql.slice(0, CQL_CHARS_MAX - 1)}…` : cql;
}
