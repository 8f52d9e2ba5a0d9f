import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  ExecuteChangeSetCommand,
  type ResourceToImport,
  StackStatus,
} from "@aws-sdk/client-cloudformation";
import type { Aws } from "./start.ts";

/** Every status that a stack can have, as the SDK lists them. */
export const STACK_STATUSES: readonly StackStatus[] = Object.values(StackStatus);

export interface StackToReach {
  readonly stack: string;
  /** In YAML's block style. */
  readonly template: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  /** A resource in the template that has tags and is deleted with its stack. It is the one that fails or is slow. */
  readonly logicalId: string;
  /** How long a temporary status lasts, s. Default 600. */
  readonly keptSeconds?: number;
}

const POLL_MS = 200;
const PLAN_MS = 3_000;
const EXTRA = "DoubleExtra";

interface Change {
  readonly kind?: "CREATE" | "UPDATE" | "IMPORT";
  /** Whether to add one resource to the template's. */
  readonly hasExtra?: boolean;
  readonly isTagged?: boolean;
  readonly onStackFailure?: "DO_NOTHING";
  readonly disablesRollback?: boolean;
}

/**
 * Brings a stack into a status the way AWS's stacks get there: by change sets from someone else (`before-us`), with
 * planted failures and slowness. A temporary status ends after the time it is set to last.
 */
export async function reachStatus(aws: Aws, wanted: StackToReach, status: StackStatus): Promise<void> {
  const { stack, logicalId, keptSeconds = 600 } = wanted;
  const somebody = new Somebody(aws, wanted);
  const fail = (
    on: "create" | "update" | "delete" | "restore" | "import",
    id = logicalId,
    afterInitiation = false,
  ) =>
    aws.plant.resource.fail({
      stack,
      logicalId: id,
      on,
      reason: `planted: ${on} of ${id} fails`,
      afterInitiation,
    });
  const slow = (
    on: "create" | "update" | "delete" | "restore" | "import",
    id = logicalId,
    seconds = keptSeconds,
  ) => aws.plant.resource.slow({ stack, logicalId: id, on, seconds });
  const fromComplete = async (plant: () => void, change: Change = { isTagged: true }) => {
    await somebody.change({ kind: "CREATE" }, "CREATE_COMPLETE");
    plant();
    await somebody.change(change, status);
  };
  const deleted = async (plant: () => void) => {
    await somebody.change({ kind: "CREATE" }, "CREATE_COMPLETE");
    plant();
    await somebody.delete(status);
  };
  const imported = async (plant: () => void) => {
    await somebody.change({ kind: "CREATE" }, "CREATE_COMPLETE");
    aws.plant.stray("AWS::Logs::LogGroup", { LogGroupName: `${EXTRA}-${stack}` });
    plant();
    await somebody.change({ kind: "IMPORT", hasExtra: true }, status);
  };
  const nothing = () => undefined;
  const created = async (plant: () => void, change: Change = {}) => {
    plant();
    await somebody.change({ kind: "CREATE", ...change }, status);
  };
  const recipes: Readonly<Record<StackStatus, () => Promise<void>>> = {
    REVIEW_IN_PROGRESS: () => somebody.plan({ kind: "CREATE" }).then(nothing),
    CREATE_IN_PROGRESS: () => created(() => slow("create")),
    CREATE_COMPLETE: () => created(nothing),
    CREATE_FAILED: () => created(() => fail("create"), { onStackFailure: "DO_NOTHING" }),
    ROLLBACK_IN_PROGRESS: () =>
      created(() => {
        fail("create", logicalId, true);
        slow("delete");
      }),
    ROLLBACK_COMPLETE: () => created(() => fail("create")),
    ROLLBACK_FAILED: () =>
      created(() => {
        fail("create", logicalId, true);
        fail("delete");
      }),
    UPDATE_IN_PROGRESS: () => fromComplete(() => slow("update")),
    UPDATE_COMPLETE: () => fromComplete(nothing),
    UPDATE_FAILED: () => fromComplete(() => fail("update"), { isTagged: true, disablesRollback: true }),
    UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: async () => {
      await somebody.change({ kind: "CREATE", hasExtra: true }, "CREATE_COMPLETE");
      slow("delete", EXTRA);
      await somebody.change({}, status);
    },
    UPDATE_ROLLBACK_IN_PROGRESS: () =>
      fromComplete(() => {
        fail("update");
        slow("restore");
      }),
    UPDATE_ROLLBACK_COMPLETE: () => fromComplete(() => fail("update")),
    UPDATE_ROLLBACK_FAILED: () =>
      fromComplete(() => {
        fail("update");
        fail("restore");
      }),
    UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: () =>
      fromComplete(
        () => {
          fail("update");
          // Wait until the extra resource exists.
          slow("update", logicalId, 60);
          slow("delete", EXTRA);
        },
        { isTagged: true, hasExtra: true },
      ),
    DELETE_IN_PROGRESS: () => deleted(() => slow("delete")),
    DELETE_COMPLETE: () => deleted(nothing),
    DELETE_FAILED: () => deleted(() => fail("delete")),
    IMPORT_IN_PROGRESS: () => imported(() => slow("import", EXTRA)),
    IMPORT_COMPLETE: () => imported(nothing),
    IMPORT_ROLLBACK_IN_PROGRESS: () =>
      imported(() => {
        fail("import", EXTRA);
        slow("restore", EXTRA);
      }),
    IMPORT_ROLLBACK_COMPLETE: () => imported(() => fail("import", EXTRA)),
    IMPORT_ROLLBACK_FAILED: () =>
      imported(() => {
        fail("import", EXTRA);
        fail("restore", EXTRA);
      }),
  };
  await recipes[status]();
}

/** A deployer that came earlier. */
class Somebody {
  readonly #aws: Aws;
  readonly #wanted: StackToReach;
  readonly #client: CloudFormationClient;
  #plans = 0;

  constructor(aws: Aws, wanted: StackToReach) {
    this.#aws = aws;
    this.#wanted = wanted;
    this.#client = new CloudFormationClient({
      ...aws.clientOf(aws.addDeployer("before-us")),
      maxAttempts: 1,
    });
  }

  async plan(change: Change): Promise<string> {
    const { stack, template, parameters = {}, tags = {} } = this.#wanted;
    const ChangeSetName = `before-us-${++this.#plans}`;
    const allTags = change.isTagged === true ? { ...tags, "double:change": "1" } : tags;
    const extra: ResourceToImport = {
      ResourceType: "AWS::Logs::LogGroup",
      LogicalResourceId: EXTRA,
      ResourceIdentifier: { LogGroupName: `${EXTRA}-${stack}` },
    };
    await this.#client.send(
      new CreateChangeSetCommand({
        StackName: stack,
        ChangeSetName,
        ChangeSetType: change.kind ?? "UPDATE",
        TemplateBody: change.hasExtra === true ? withExtra(template, stack) : template,
        Capabilities: ["CAPABILITY_NAMED_IAM"],
        Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
          ParameterKey,
          ParameterValue,
        })),
        Tags: Object.entries(allTags).map(([Key, Value]) => ({ Key, Value })),
        OnStackFailure: change.onStackFailure,
        ResourcesToImport: change.kind === "IMPORT" ? [extra] : undefined,
      }),
    );
    await this.#until(async () => {
      const { Status, StatusReason } = await this.#client.send(
        new DescribeChangeSetCommand({ StackName: stack, ChangeSetName }),
      );
      if (Status === "FAILED") throw new Error(`the change set failed: ${StatusReason}`);
      return Status === "CREATE_COMPLETE";
    }, PLAN_MS);
    return ChangeSetName;
  }

  async change(change: Change, status: StackStatus): Promise<void> {
    const ChangeSetName = await this.plan(change);
    const StackName = this.#wanted.stack;
    const DisableRollback = change.disablesRollback === true ? true : undefined;
    await this.#client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName, DisableRollback }));
    await this.#reached(StackName, status);
  }

  async delete(status: StackStatus): Promise<void> {
    const StackName = this.#wanted.stack;
    await this.#client.send(new DeleteStackCommand({ StackName }));
    await this.#reached(StackName, status);
  }

  /** Looks into the model, which is faster than asking it. */
  async #reached(stack: string, status: StackStatus): Promise<void> {
    await this.#until(async () => {
      const now = this.#aws.stacks()[stack] ?? "DELETE_COMPLETE";
      if (now !== status && !now.endsWith("_IN_PROGRESS"))
        throw new Error(`${stack} came to ${now} instead of ${status}`);
      return now === status;
    }, POLL_MS);
  }

  async #until(isReached: () => Promise<boolean>, pollMs: number): Promise<void> {
    while (!(await isReached())) await this.#aws.clock.wait(pollMs);
  }
}

function withExtra(template: string, stack: string): string {
  const extra = [
    `  ${EXTRA}:`,
    "    Type: AWS::Logs::LogGroup",
    "    DeletionPolicy: Delete",
    `    Properties: { LogGroupName: ${EXTRA}-${stack} }`,
  ];
  return template.replace(/^Resources:.*$/m, (line) => [line, ...extra].join("\n"));
}
