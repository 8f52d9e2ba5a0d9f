import { StoreOpenError } from "../../../application/store-open-error.ts";
import { failureOf } from "../failures.ts";
import { text } from "../rows.ts";
import type { Session } from "../session.ts";
import { untilNodesAgree } from "./agreement.ts";
import { inKeyspaces, isQuiet, until, untilTableActive, untilTableIsQuiet } from "./slow-schema.ts";
import { type AddedColumn, addingOnly, type Statement } from "./statements.ts";

/** Longest wait for the node that executes a schema change, ms. */
const DEFINITION_TIMEOUT_MS = 60_000;
/** Attempts of one schema change while nodes fail, and the wait between them, ms. */
const ATTEMPTS_MAX = 5;
const RETRY_DELAY_MS = 1_000;

const COLUMNS =
  "SELECT table_name, column_name, type, kind FROM system_schema.columns WHERE keyspace_name = ?";

export interface Column {
  readonly type: string;
  /** `partition_key`, `clustering`, `regular`, `static`. */
  readonly kind: string;
}

/** Columns by table and name. */
export type Columns = ReadonlyMap<string, ReadonlyMap<string, Column>>;

export async function columnsOf(session: Session, keyspace: string): Promise<Columns> {
  const tables = new Map<string, Map<string, Column>>();
  for (const row of await session.rows(COLUMNS, [keyspace])) {
    const table = text(row.table_name);
    const columns = tables.get(table) ?? new Map<string, Column>();
    tables.set(table, columns.set(text(row.column_name), { type: text(row.type), kind: text(row.kind) }));
  }
  return tables;
}

/** Executes a migration's statements, each as if it could have been executed before. */
export class Definitions {
  constructor(
    private readonly session: Session,
    private readonly keyspace: string,
    /** What stands for `:name` in statements that write rows. */
    private readonly values: Readonly<Record<string, string>>,
  ) {}

  /** @returns whether it already existed. @throws StoreOpenError */
  async carryOut(statement: Statement): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(statement);
      } catch (error) {
        if (error instanceof StoreOpenError) throw error;
        const passes = isUnheardOf(error) || (await this.isBusy(statement));
        const hopeless = failureOf(error) === "fault" && !passes;
        if (hopeless || attempt >= ATTEMPTS_MAX) throw refusal(statement, error);
        await Bun.sleep(RETRY_DELAY_MS * attempt);
      }
    }
  }

  private async once(statement: Statement): Promise<boolean> {
    if (statement.kind === "row") return this.insert(statement.cql);
    const { slowSchema } = this.session.rules;
    // A change that began before a crash, or in another process, may still be in progress.
    if (slowSchema) await untilTableIsQuiet(this.session, statement.table);
    const missing = statement.kind === "add-columns" ? await this.missingColumns(statement) : undefined;
    const wasThere = missing?.length === 0;
    const cql = statement.kind === "add-columns" ? addingOnly(statement, missing ?? []) : statement.cql;
    if (!wasThere) await this.define(slowSchema ? inKeyspaces(cql) : cql);
    await this.untilUsable(statement);
    return wasThere;
  }

  private async define(cql: string): Promise<void> {
    await this.session.client.execute(cql, [], { prepare: false, readTimeout: DEFINITION_TIMEOUT_MS });
  }

  /** On a service that creates and changes tables after its answer, that is later than the answer. */
  private async untilUsable(statement: Exclude<Statement, { kind: "row" }>): Promise<void> {
    if (!this.session.rules.slowSchema) return untilNodesAgree(this.session);
    await untilTableActive(this.session, statement.table);
    if (statement.kind !== "add-columns") return;
    const names = statement.columns.map(({ name }) => name).join(", ");
    // A status that is read too early is still the old one.
    await until(
      `${statement.table} with ${names}`,
      async () => (await this.missingColumns(statement)).length === 0,
    );
  }

  /** Another process has started a change of the same table, which excludes ours. */
  private async isBusy(statement: Statement): Promise<boolean> {
    if (!this.session.rules.slowSchema || statement.kind === "row") return false;
    return !(await isQuiet(this.session, statement.table));
  }

  /** Undecided: asked again, and then either applied or present. */
  private async insert(cql: string): Promise<boolean> {
    const filled = cql.replace(/'(?:[^']|'')*'|:(\w+)/g, (part, name?: string) =>
      name === undefined ? part : this.value(name),
    );
    for (;;) {
      const answer = await this.session.attempt(filled, []);
      if (answer) return answer["[applied]"] !== true;
    }
  }

  private value(name: string): string {
    const value = this.values[name];
    if (value === undefined) throw new TypeError(`a migration has a placeholder :${name} without a value`);
    return value;
  }

  private async missingColumns({
    table,
    columns,
  }: Statement & { kind: "add-columns" }): Promise<readonly AddedColumn[]> {
    const there = (await columnsOf(this.session, this.keyspace)).get(table);
    for (const { name, type } of columns) {
      const found = there?.get(name);
      if (found === undefined || found.type === type) continue;
      throw new StoreOpenError(
        `the table ${this.keyspace}.${table} has a column ${name} of type ${found.type}, where this migration needs ${type}: someone else added it; rename or drop it, then migrate again`,
      );
    }
    return columns.filter(({ name }) => !there?.has(name));
  }
}

/**
 * The error of a node that does not yet know a table from an earlier statement, because it seemed down while
 * the others agreed on the schema.
 */
function isUnheardOf(error: unknown): boolean {
  return error instanceof Error && /^(?:unconfigured )?table \S+(?: does not exist)?$/i.test(error.message);
}

function refusal({ cql }: Statement, error: unknown): StoreOpenError {
  const why = error instanceof Error ? error.message : String(error);
  return new StoreOpenError(
    `a statement of the migration failed: ${why} (${cql}); fix the cause, then migrate again: it continues with this statement`,
    error,
  );
}
