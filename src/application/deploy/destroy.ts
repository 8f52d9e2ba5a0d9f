import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import { STACK_KINDS, STACKS } from "../../domain/deployment/stacks.ts";
import { deleteStack, settleStack } from "./apply-stack.ts";
import type { DataExport } from "./data-export.ts";
import type { Engine } from "./engine.ts";
import { DeployError } from "./errors.ts";
import { Lease } from "./lease.ts";
import type { StackState } from "./ports.ts";
import { stackStates } from "./preflight.ts";

export interface DestroyOptions {
  readonly deleteData: boolean;
  /** Exports all data before it is deleted; absent: the user wants no export. */
  readonly exportData?: DataExport;
  readonly wait: boolean;
}

/** Something that still exists after a destroy. */
export interface Remaining {
  readonly what: string;
  readonly why: string;
  readonly costs: string;
}

const KEYSPACE_LOOKS_MAX = 200;

/**
 * Deletes the stacks of an environment in reverse order. The users' data stays unless its deletion is
 * requested.
 * @returns what is left and may cost money
 * @throws DeployError `declined`, `refused` if something else uses it or its data could not be exported,
 * `stack` if a deletion failed
 */
export async function destroy(engine: Engine, options: DestroyOptions): Promise<readonly Remaining[]> {
  const { account, run } = engine;
  const identity = await account.identity();
  await agree(engine, options.deleteData);
  return Lease.during({ ...engine, who: identity.arn, doing: "destroy", wait: options.wait }, async () => {
    const states = await stackStates(engine);
    await refuseWhatIsUsed([...states.values()], engine);
    const { keyspace } = run.names;
    const data = options.deleteData && (await engine.keyspaces.hasKeyspace(keyspace));
    const exported = data ? options.exportData : undefined;
    if (exported) await run.during((signal, touch) => exported.copy({ signal, touch }));
    for (const kind of [...STACK_KINDS].reverse()) {
      await remove(engine, kind);
      // Only now is nothing written any more.
      if (kind === "ecs" && exported) await run.during((signal, touch) => exported.finish({ signal, touch }));
    }
    if (data) await deleteKeyspace(engine);
    return remaining(engine);
  });
}

async function agree({ run }: Engine, deleteData: boolean): Promise<void> {
  if (run.parts.yes) return;
  const { environment } = run.names;
  const data = deleteData ? "WITH ALL CHECKLISTS AND TASKS" : "except its checklists and tasks";
  const typed = await run.parts.questions.typed(
    `This deletes the environment ${environment}, ${data}. Type its name to continue:`,
  );
  if (typed === environment) return;
  const why =
    typed === undefined
      ? "the environment's name must be typed, but there is no terminal"
      : "that is not the environment's name";
  throw new DeployError("declined", `${why}; nothing was deleted`, "without a terminal, use --yes");
}

/** A stack whose exports another stack imports can't be deleted; check before the first one is gone. */
async function refuseWhatIsUsed(
  states: readonly (StackState | undefined)[],
  { stacks }: Engine,
): Promise<void> {
  const users: string[] = [];
  for (const name of states.flatMap((state) => state?.exports ?? [])) {
    for (const importer of await stacks.importers(name)) users.push(`${importer} (uses ${name})`);
  }
  if (users.length === 0) return;
  throw new DeployError(
    "refused",
    `other stacks use this environment: ${users.join(", ")}`,
    "delete or change them first; nothing was deleted",
  );
}

async function remove(engine: Engine, kind: (typeof STACK_KINDS)[number]): Promise<void> {
  const { run, stacks } = engine;
  const name = run.names.stack(kind);
  let state = await stacks.describe(name);
  if (state && behaviourOf(state.status) === "join") {
    await settleStack(state, STACKS[kind].deadlineMs, engine);
    state = await stacks.describe(name);
  }
  if (state === undefined || behaviourOf(state.status) === "create") return;
  run.reporter.report({ event: "stack", stack: name, status: state.status, text: "deleting" });
  await deleteStack(state, kind, engine);
}

async function deleteKeyspace({ keyspaces, run }: Engine): Promise<void> {
  const { keyspace } = run.names;
  run.reporter.report({ event: "note", text: `deleting the keyspace ${keyspace} with all its tables` });
  await keyspaces.delete(keyspace);
  for (let look = 0; look < KEYSPACE_LOOKS_MAX; look++) {
    if (!(await keyspaces.hasKeyspace(keyspace))) return;
    await run.pause();
  }
  throw new DeployError(
    "deadline",
    `the keyspace ${keyspace} is still being deleted`,
    "check again with todos status",
  );
}

async function remaining({ keyspaces, logs, registry, run }: Engine): Promise<Remaining[]> {
  const { keyspace, repository, suffix } = run.names;
  const found: Remaining[] = [];
  if (await keyspaces.hasKeyspace(keyspace)) {
    const tables = await keyspaces.tables(keyspace);
    found.push({
      what: `keyspace ${keyspace} with ${tables.length === 0 ? "no tables" : `the tables ${tables.join(", ")}`}`,
      why: "it holds the checklists and tasks; todos deploy adopts it, todos destroy --delete-data deletes it",
      costs: "per gigabyte, twice with point-in-time recovery",
    });
  }
  if (await registry.repository(repository)) {
    found.push({
      what: `repository ${repository}`,
      why: "it was not created by the stack",
      costs: "per gigabyte",
    });
  }
  const groups = [
    ...(await logs.groups(`/ecs/todos${suffix}`)).filter(({ name }) => name === `/ecs/todos${suffix}`),
    ...(await logs.groups(`/aws/ecs/containerinsights/todos${suffix}/`)),
  ];
  for (const { name, bytes } of groups) {
    found.push({ what: `log group ${name}`, why: `${bytes} bytes of logs`, costs: "per gigabyte" });
  }
  return found;
}
