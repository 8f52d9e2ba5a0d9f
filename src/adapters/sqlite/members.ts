import type { Statement } from "bun:sqlite";
import type { Command, MemberWritten, OwnerWritten } from "../../application/commands.ts";
import type { Slice } from "../../application/ports.ts";
import type { Role } from "../../domain/access.ts";
import type { Checklist } from "../../domain/checklist.ts";
import { type ChecklistOf, MEMBERS_MAX, type Member } from "../../domain/membership.ts";
import { rewritten } from "../../domain/trash.ts";
import type { Connection } from "./connection.ts";
import { CHECKLIST_COLUMNS, checklistFromRow, OWNER, oneOf, rowOf, text, whole } from "./rows.ts";
import { guarded } from "./trash.ts";

const ROLES: readonly Role[] = ["owner", "editor", "viewer"];
/** Whether a user is the default owner. */
const IS_DEFAULT_OWNER = "SELECT 1 FROM meta WHERE key = 'default-owner' AND value = ?1";
/** Only of use with accounts, and made with the default owner: a page of lists need not pass over those with owners. */
export const INDEX_WITHOUT_OWNER =
  "CREATE INDEX IF NOT EXISTS checklist_without_owner ON checklist (id) WHERE owner IS NULL";

const PARTS = {
  owned: `SELECT ${CHECKLIST_COLUMNS}, 'owner' AS role FROM checklist INDEXED BY checklist_by_owner
    WHERE owner = ?1 AND id > ?2`,
  ownerless: `SELECT ${CHECKLIST_COLUMNS}, 'owner' AS role FROM checklist INDEXED BY checklist_without_owner
    WHERE owner IS NULL AND id > ?2`,
  shared: `SELECT ${CHECKLIST_COLUMNS}, role FROM member INDEXED BY member_by_user CROSS JOIN checklist
    ON id = checklist_id WHERE user_id = ?1 AND checklist_id > ?2`,
} as const;

/** Who has which part in which list, for readers. Prepared when it is first asked for: most services have no accounts. */
export class MemberReader {
  readonly #role: Statement;
  readonly #trashedRole: Statement;
  readonly #owner: Statement;
  readonly #trashedOwner: Statement;
  readonly #members: Statement;
  readonly #isDefaultOwner: Statement;
  readonly #lists: Statement;
  #listsOfDefaultOwner: Statement | undefined;

  constructor(readonly connection: Connection) {
    this.#role = connection.prepare(roleIn("checklist"));
    this.#trashedRole = connection.prepare(roleIn("trashed_checklist"));
    this.#owner = connection.prepare(`SELECT ${OWNER} AS owner FROM checklist WHERE id = ?1`);
    this.#trashedOwner = connection.prepare(`SELECT ${OWNER} AS owner FROM trashed_checklist WHERE id = ?1`);
    this.#members = connection.prepare(
      "SELECT user_id, role FROM member WHERE checklist_id = ?1 ORDER BY user_id",
    );
    this.#isDefaultOwner = connection.prepare(IS_DEFAULT_OWNER);
    this.#lists = connection.prepare(merged(PARTS.owned, PARTS.shared));
  }

  roleOn(checklistId: string, userId: string): Role | undefined {
    const row = this.#role.get(checklistId, userId) ?? this.#trashedRole.get(checklistId, userId);
    const role = row === null ? null : rowOf(row).role;
    return role === null ? undefined : oneOf(ROLES, role);
  }

  members(checklistId: string): readonly Member[] | undefined {
    const row = this.#owner.get(checklistId) ?? this.#trashedOwner.get(checklistId);
    if (row === null) return undefined;
    const { owner } = rowOf(row);
    const members = this.#members.all(checklistId).map((cells) => {
      const { user_id, role } = rowOf(cells);
      return { userId: text(user_id), role: oneOf(ROLES, role) };
    });
    return owner === null ? members : [{ userId: text(owner), role: "owner" }, ...members];
  }

  /** In order of id: ranges of indexes, merged. */
  lists(userId: string, after: string | undefined, limit: number): Slice<ChecklistOf> {
    const rows = this.#listsOf(userId).all(userId, after ?? "", limit + 1);
    const items = rows.slice(0, limit).map((row) => {
      return { ...checklistFromRow(row), role: oneOf(ROLES, rowOf(row).role) };
    });
    const last = items.at(-1);
    return rows.length > limit && last ? { items, next: last.id } : { items };
  }

  isDefaultOwner(userId: string): boolean {
    return this.#isDefaultOwner.get(userId) !== null;
  }

  #listsOf(userId: string): Statement {
    if (!this.isDefaultOwner(userId)) return this.#lists;
    this.#listsOfDefaultOwner ??= this.connection.prepare(merged(PARTS.owned, PARTS.ownerless, PARTS.shared));
    return this.#listsOfDefaultOwner;
  }
}

/** Within a transaction of the writer's. */
export class MemberWriter {
  readonly #tables: readonly { readonly find: Statement; readonly write: Statement }[];
  readonly #role: Statement;
  readonly #count: Statement;
  readonly #put: Statement;
  readonly #remove: Statement;
  readonly #defaultOwner: Statement;
  readonly #setDefaultOwner: Statement;

  constructor(readonly connection: Connection) {
    this.#tables = ["checklist", "trashed_checklist"].map((table) => ({
      find: connection.prepare(
        `SELECT ${CHECKLIST_COLUMNS}, ${OWNER} AS owner, owner AS own FROM ${table} WHERE id = ?1`,
      ),
      write: connection.prepare(`UPDATE ${table} SET version = ?2, owner = ?3 WHERE id = ?1`),
    }));
    this.#role = connection.prepare("SELECT role FROM member WHERE checklist_id = ?1 AND user_id = ?2");
    this.#count = connection.prepare("SELECT count(*) AS many FROM member WHERE checklist_id = ?1");
    this.#put = connection.prepare(
      "INSERT OR REPLACE INTO member (checklist_id, user_id, role) VALUES (?1, ?2, ?3)",
    );
    this.#remove = connection.prepare("DELETE FROM member WHERE checklist_id = ?1 AND user_id = ?2");
    this.#defaultOwner = connection.prepare("SELECT value FROM meta WHERE key = 'default-owner'");
    this.#setDefaultOwner = connection.prepare(
      "INSERT OR REPLACE INTO meta (key, value) VALUES ('default-owner', ?1)",
    );
  }

  setMember({ id, userId, role, isMember, guard }: Command<"setMember">): MemberWritten {
    const found = this.#find(id, guard);
    if ("outcome" in found) return found;
    if (found.owner === userId) return { outcome: "is-owner" };
    const isOne = this.#role.get(id, userId) !== null;
    if (!isOne && (role === undefined || isMember)) return { outcome: "no-member" };
    if (!isOne && this.#many(id) >= MEMBERS_MAX) return { outcome: "too-many-members" };
    if (role === undefined) this.#remove.run(id, userId);
    else this.#put.run(id, userId, role);
    return found.written(found.own);
  }

  setOwner({ id, userId, from, role, guard }: Command<"setOwner">): OwnerWritten {
    const found = this.#find(id, guard);
    if ("outcome" in found) return found;
    if (found.owner !== from) return { outcome: "not-owner" };
    const staying = this.#many(id) - (this.#role.get(id, userId) === null ? 0 : 1);
    if (role !== undefined && staying >= MEMBERS_MAX) return { outcome: "too-many-members" };
    this.#remove.run(id, userId);
    if (role !== undefined && from !== userId) this.#put.run(id, from, role);
    return found.written(userId);
  }

  setDefaultOwner({ userId, from }: Command<"setDefaultOwner">): { outcome: "written" | "conflict" } {
    const row = this.#defaultOwner.get();
    const current = row === null ? undefined : text(rowOf(row).value);
    if (current !== from && current !== userId) return { outcome: "conflict" };
    if (current === undefined) this.connection.db.run(INDEX_WITHOUT_OWNER);
    this.#setDefaultOwner.run(userId);
    return { outcome: "written" };
  }

  #find(id: string, guard: Command<"setMember">["guard"]) {
    for (const { find, write } of this.#tables) {
      const cells = find.get(id);
      if (cells === null) continue;
      const found = guarded(cells, checklistFromRow, guard);
      if ("outcome" in found) return found;
      const { owner, own } = rowOf(cells);
      return {
        owner,
        own: own === null ? null : text(own),
        written: (next: string | null): { outcome: "written"; row: Checklist } => {
          const row = rewritten(found.row);
          write.run(id, row.version, next);
          return { outcome: "written", row };
        },
      };
    }
    return { outcome: "missing" } as const;
  }

  #many(id: string): number {
    return whole(rowOf(this.#count.get(id)).many);
  }
}

function roleIn(table: string): string {
  return `SELECT CASE WHEN ${OWNER} = ?2 THEN 'owner'
    ELSE (SELECT role FROM member WHERE checklist_id = ?1 AND user_id = ?2) END AS role
    FROM ${table} WHERE id = ?1`;
}

function merged(...parts: readonly string[]): string {
  const ranges = parts.map((part) => `SELECT * FROM (${part} ORDER BY id LIMIT ?3)`);
  return `${ranges.join(" UNION ALL ")} ORDER BY id LIMIT ?3`;
}
