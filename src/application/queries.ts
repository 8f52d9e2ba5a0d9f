import type { Role } from "../domain/access.ts";
import type { Checklist } from "../domain/checklist.ts";
import type { ChecklistOf, Member } from "../domain/membership.ts";
import type { Task, TaskFilter } from "../domain/task.ts";
import type { Trashed } from "../domain/trash.ts";
import type { RecordKind, Records, StoredRecord } from "./accounts/records.ts";
import type { DueQuery, DueSlice } from "./agenda.ts";
import type { Slice } from "./ports.ts";
import type { Found, SearchPart } from "./search.ts";

/** Part of an ordered listing: what comes after the key `after`, at most `limit`. */
export interface PageQuery {
  readonly after: string | undefined;
  readonly limit: number;
}

interface OfOne {
  readonly id: string;
}

interface OfTask extends OfOne {
  readonly checklistId: string;
}

interface OfUser {
  readonly checklistId: string;
  readonly userId: string;
}

/** What can be read of checklists and tasks; the readers in store.ts say what each answer means. */
interface CoreReads {
  readonly findChecklist: { readonly needs: OfOne; readonly answers: Checklist | undefined };
  readonly listChecklists: { readonly needs: PageQuery; readonly answers: Slice<Checklist> };
  readonly findTask: { readonly needs: OfTask; readonly answers: Task | undefined };
  readonly listTasks: {
    readonly needs: PageQuery & { readonly checklistId: string; readonly filter: TaskFilter };
    readonly answers: Slice<Task> | undefined;
  };
  readonly searchTasks: {
    readonly needs: { readonly part: SearchPart; readonly limit: number };
    readonly answers: Found | undefined;
  };
  readonly listDue: {
    readonly needs: { readonly due: DueQuery; readonly limit: number };
    readonly answers: DueSlice | undefined;
  };
  readonly findTrashedChecklist: {
    readonly needs: OfOne;
    readonly answers: Trashed<Checklist> | undefined;
  };
  readonly listTrashedChecklists: {
    readonly needs: PageQuery & { readonly owner?: string | undefined };
    readonly answers: Slice<Trashed<Checklist>>;
  };
  readonly findTrashedTask: { readonly needs: OfTask; readonly answers: Trashed<Task> | undefined };
  readonly listTrashedTasks: {
    readonly needs: PageQuery & { readonly checklistId: string };
    readonly answers: Slice<Trashed<Task>> | undefined;
  };
  readonly roleOn: { readonly needs: OfUser; readonly answers: Role | undefined };
  readonly lastRoleOn: { readonly needs: OfUser; readonly answers: Role | undefined };
  readonly listChecklistsOf: {
    readonly needs: PageQuery & { readonly userId: string };
    readonly answers: Slice<ChecklistOf>;
  };
  readonly listMembers: {
    readonly needs: { readonly checklistId: string };
    readonly answers: readonly Member[] | undefined;
  };
  readonly findRecord: {
    readonly needs: { readonly kind: RecordKind; readonly key: string };
    readonly answers: AnyRecord | undefined;
  };
  readonly listRecords: {
    readonly needs: PageQuery & { readonly kind: RecordKind; readonly owner: string };
    readonly answers: Slice<AnyRecord>;
  };
}

/** Of the kind that was asked for. */
type AnyRecord = StoredRecord<Records[RecordKind]>;

/**
 * Every kind of read: its input and its answer. A resource with tables of its own declares its reads where its use case
 * is: `declare module "./queries.ts" { interface Reads { … } }`.
 */
export interface Reads extends CoreReads {}

export type ReadName = keyof Reads;
/** Those that are part of every store. */
export type CoreReadName = keyof CoreReads;

/** A read as a value. */
export type Query<N extends ReadName = ReadName> = {
  readonly [K in N]: { readonly op: K } & Reads[K]["needs"];
}[N];

export type ReadAnswer<N extends ReadName = ReadName> = Reads[N]["answers"];
