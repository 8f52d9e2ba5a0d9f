import type { Checklist, ChecklistChange } from "../domain/checklist.ts";
import type { MemberRole } from "../domain/membership.ts";
import type { Successor } from "../domain/recurrence.ts";
import type { Task, TaskEdit, TaskStatus } from "../domain/task.ts";
import type { Stay } from "../domain/trash.ts";
import type { Guard } from "../domain/version.ts";
import type { RecordDeleted, RecordDeletion, RecordPut, RecordWritten } from "./accounts/records.ts";
import type { Caller } from "./caller.ts";
import type { Created, Receipt, RestorationReceipt, Restored, Written } from "./ports.ts";

/** Creates a row, and stores the answer with it if the request has a key. */
interface Creation<T> {
  readonly row: T;
  readonly receipt: Receipt | undefined;
}

interface OnChecklist {
  readonly id: string;
  readonly guard: Guard;
}

/** @property stay absent: it is gone for good */
interface ChecklistDeletion extends OnChecklist {
  readonly stay?: Stay | undefined;
}

interface ChecklistUpdate extends OnChecklist {
  readonly change: ChecklistChange;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

interface OnTask extends OnChecklist {
  readonly checklistId: string;
}

/** Of what is in the trash; the answer is stored with it if the request has a key. */
interface Restoration {
  readonly receipt?: RestorationReceipt | undefined;
}

interface TaskDeletion extends OnTask {
  readonly stay?: Stay | undefined;
}

interface TaskUpdate extends OnTask {
  readonly edit: TaskEdit;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Only needed where the edit completes a task that repeats. */
  readonly plan?: Plan;
}

/** @property role absent: no longer a member */
interface MemberChange extends OnChecklist {
  readonly userId: string;
  readonly role?: MemberRole;
  /** Only for somebody who is a member already. */
  readonly isMember?: boolean;
}

export type MemberWritten =
  | Written<Checklist>
  /** The user is not a member. */
  | { readonly outcome: "no-member" }
  /** The owner has all rights, and is not a member. */
  | { readonly outcome: "is-owner" }
  | { readonly outcome: "too-many-members" };

/** @property from the owner up to now; @property role of that one from then on, absent: none */
interface OwnerChange extends OnChecklist {
  readonly userId: string;
  readonly from: string;
  readonly role?: MemberRole;
}

export type OwnerWritten =
  | Written<Checklist>
  /** The list belongs to somebody else than expected. */
  | { readonly outcome: "not-owner" }
  | { readonly outcome: "too-many-members" };

/** @property from absent: there is none yet */
interface DefaultOwnerChange {
  readonly userId: string;
  readonly from?: string;
}

/** How a series goes on once a task of it is completed. */
export interface Plan {
  /** The version of the task that it was made for; it is valid for no other. */
  readonly forVersion: number;
  /** Id, due date and rule of the next task; absent: this one was the last. */
  readonly next?: Pick<Task, "id"> & Successor;
}

/** The edit completes a task that repeats, and the command has no plan for its version: nothing is written. */
export interface NeedsPlan {
  readonly outcome: "needs-plan";
  readonly forVersion: number;
  /** The task as the edit would leave it, with its rule. */
  readonly row: Task;
}

/** @property from what the task was before, for code that counts transitions */
export type ChangedTask =
  | (Written<Task> & { readonly from?: TaskStatus })
  | NeedsPlan
  /** The checklist that it was to move to does not exist, or already has a task with its id. */
  | { readonly outcome: "no-target" | "occupied" };

/** The writes to checklists and tasks. */
interface CoreWrites {
  readonly createChecklist: { readonly needs: Creation<Checklist>; readonly answers: Created };
  readonly changeChecklist: { readonly needs: ChecklistUpdate; readonly answers: Written<Checklist> };
  /**
   * The list is gone once this is answered; from then on its tasks can't be reached, and they are purged
   * afterwards.
   */
  readonly deleteChecklist: { readonly needs: ChecklistDeletion; readonly answers: Written<undefined> };
  readonly createTask: { readonly needs: Creation<Task>; readonly answers: Created };
  /**
   * Applies the domain's `changedTask` to the row at the time of the write. Where that completes a task that repeats,
   * it is kept without its rule, and the next one of the plan is made: both are stored once this is answered, or
   * neither, and never a second next one.
   * An edit may move it to another checklist: every reader finds it in exactly one of the two.
   */
  readonly changeTask: { readonly needs: TaskUpdate; readonly answers: ChangedTask };
  readonly deleteTask: { readonly needs: TaskDeletion; readonly answers: Written<undefined> };
  /** Of rows in the trash, with all that they had; a task only while its list is there. */
  readonly restoreChecklist: {
    readonly needs: OnChecklist & Restoration;
    readonly answers: Restored<Checklist>;
  };
  readonly restoreTask: { readonly needs: OnTask & Restoration; readonly answers: Restored<Task> };
  /** Removes it from the trash, for good. */
  readonly discardChecklist: { readonly needs: OnChecklist; readonly answers: Written<undefined> };
  readonly discardTask: { readonly needs: OnTask; readonly answers: Written<undefined> };
  /** Of a list, also one in the trash; the list gets its next version. */
  readonly setMember: { readonly needs: MemberChange; readonly answers: MemberWritten };
  readonly setOwner: { readonly needs: OwnerChange; readonly answers: OwnerWritten };
  /** Whose all lists without an owner are: those from the time without accounts. */
  readonly setDefaultOwner: {
    readonly needs: DefaultOwnerChange;
    readonly answers: { readonly outcome: "written" | "conflict" };
  };
  readonly putRecord: { readonly needs: RecordPut; readonly answers: RecordWritten };
  readonly deleteRecord: { readonly needs: RecordDeletion; readonly answers: RecordDeleted };
}

/**
 * Every kind of write: its input and its answer, an object with an `outcome`. A store with a thread sends it there as
 * JSON. A resource with tables of its own declares its writes where its use case is:
 * `declare module "./commands.ts" { interface Writes { … } }`.
 */
export interface Writes extends CoreWrites {}

export type WriteName = keyof Writes;
/** Those that are part of every store. */
export type CoreWriteName = keyof CoreWrites;

/** A write as a value, with its caller. */
export type Command<N extends WriteName = WriteName> = {
  readonly [K in N]: { readonly op: K; readonly caller: Caller } & Writes[K]["needs"];
}[N];

export type WriteAnswer<N extends WriteName = WriteName> = Writes[N]["answers"];

export function createChecklist(
  caller: Caller,
  row: Checklist,
  receipt?: Receipt,
): Command<"createChecklist"> {
  return { op: "createChecklist", caller, row, receipt };
}

export function changeChecklist(
  caller: Caller,
  id: string,
  change: ChecklistChange,
  guard: Guard,
  now: number,
): Command<"changeChecklist"> {
  return { op: "changeChecklist", caller, id, change, guard, now };
}

export function deleteChecklist(
  caller: Caller,
  id: string,
  guard: Guard,
  stay?: Stay,
): Command<"deleteChecklist"> {
  return { op: "deleteChecklist", caller, id, guard, stay };
}

export function createTask(caller: Caller, row: Task, receipt?: Receipt): Command<"createTask"> {
  return { op: "createTask", caller, row, receipt };
}

export function changeTask(
  caller: Caller,
  checklistId: string,
  id: string,
  edit: TaskEdit,
  guard: Guard,
  now: number,
  plan?: Plan,
): Command<"changeTask"> {
  const command = { op: "changeTask", caller, checklistId, id, edit, guard, now } as const;
  return plan === undefined ? command : { ...command, plan };
}

export function deleteTask(
  caller: Caller,
  checklistId: string,
  id: string,
  guard: Guard,
  stay?: Stay,
): Command<"deleteTask"> {
  return { op: "deleteTask", caller, checklistId, id, guard, stay };
}

export function restoreChecklist(
  caller: Caller,
  id: string,
  guard: Guard,
  receipt?: RestorationReceipt,
): Command<"restoreChecklist"> {
  return { op: "restoreChecklist", caller, id, guard, receipt };
}

export function restoreTask(
  caller: Caller,
  checklistId: string,
  id: string,
  guard: Guard,
  receipt?: RestorationReceipt,
): Command<"restoreTask"> {
  return { op: "restoreTask", caller, checklistId, id, guard, receipt };
}

export function discardChecklist(caller: Caller, id: string, guard: Guard): Command<"discardChecklist"> {
  return { op: "discardChecklist", caller, id, guard };
}

export function discardTask(
  caller: Caller,
  checklistId: string,
  id: string,
  guard: Guard,
): Command<"discardTask"> {
  return { op: "discardTask", caller, checklistId, id, guard };
}

export function setMember(caller: Caller, change: MemberChange): Command<"setMember"> {
  return { op: "setMember", caller, ...change };
}

export function setOwner(caller: Caller, change: OwnerChange): Command<"setOwner"> {
  return { op: "setOwner", caller, ...change };
}

export function setDefaultOwner(caller: Caller, change: DefaultOwnerChange): Command<"setDefaultOwner"> {
  return { op: "setDefaultOwner", caller, ...change };
}

export function putRecord(caller: Caller, put: RecordPut): Command<"putRecord"> {
  return { op: "putRecord", caller, ...put };
}

export function deleteRecord(caller: Caller, deletion: RecordDeletion): Command<"deleteRecord"> {
  return { op: "deleteRecord", caller, ...deletion };
}
