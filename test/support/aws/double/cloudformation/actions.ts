import { AwsError, validationError } from "../errors.ts";
import { type Fields, isTrue, page, textOf, textsOf } from "../fields.ts";
import type { Actions } from "../service.ts";
import type { World } from "../world.ts";
import {
  changeSetAnswer,
  changeSetSummary,
  eventAnswer,
  operationEvents,
  resourceSummary,
  stackAnswer,
} from "./answers.ts";
import { ChangeSets } from "./change-sets.ts";
import { Drift } from "./drift.ts";
import { OperationBase, Superseded } from "./operation-base.ts";
import { Operations } from "./operations.ts";
import type { ResourcePlants } from "./plants.ts";
import { type Lifecycles, ResourceWork } from "./resources.ts";
import { type ChangeSet, isInProgress, isLive, type Stack } from "./stack.ts";
import { Stacks } from "./stacks.ts";
import { Updates } from "./updates.ts";

export interface CloudFormationParts {
  readonly world: World;
  readonly plants: ResourcePlants;
  readonly lifecycles: Lifecycles;
  /** Entries on one page of an answer. AWS's pages end at 1 MB. Small pages reveal code that forgets the token. */
  readonly pageSize: number;
}

/** Statuses that allow a deletion during another operation: https://github.com/aws-amplify/amplify-backend/pull/2366 */
const DELETABLE_IN_PROGRESS = new Set(["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS"]);

export class CloudFormation {
  readonly stacks: Stacks;
  readonly drift: Drift;
  readonly #parts: CloudFormationParts;
  readonly #work: ResourceWork;
  readonly #changeSets: ChangeSets;
  readonly #operations: Operations;
  readonly #updates: Updates;

  constructor(parts: CloudFormationParts) {
    const { world } = parts;
    this.#parts = parts;
    this.stacks = new Stacks(world);
    this.drift = new Drift(world);
    this.#work = new ResourceWork(world, parts.plants, parts.lifecycles);
    this.#changeSets = new ChangeSets(world, this.stacks, (stack) =>
      this.#work.stackEvent(stack, "REVIEW_IN_PROGRESS", "User Initiated"),
    );
    const base = new OperationBase(world, this.#work, {
      exports: (name) => this.stacks.exportOf(name),
      importersOf: (name) => this.stacks.importersOf(name),
    });
    this.#operations = new Operations(base);
    this.#updates = new Updates(base);
  }

  readonly actions: Actions = {
    CreateChangeSet: (input, { isUnseen }) => {
      if (isUnseen) throw validationError(`Stack [${textOf(input, "StackName")}] does not exist`);
      const { id, stackId } = this.#changeSets.create(input);
      return { Id: id, StackId: stackId };
    },
    DescribeChangeSet: (input, { isUnseen }) => {
      const { stack, changeSet } = this.#changeSet(input, isUnseen);
      const { items, nextToken } = page(changeSet.changes, textOf(input, "NextToken"), this.#parts.pageSize);
      return changeSetAnswer(stack, changeSet, items, nextToken, isTrue(input, "IncludePropertyValues"));
    },
    ListChangeSets: (input) => {
      const stack = this.#stack(input);
      const { items, nextToken } = page(stack.changeSets, textOf(input, "NextToken"), this.#parts.pageSize);
      return { Summaries: items.map((one) => changeSetSummary(stack, one)), NextToken: nextToken };
    },
    DeleteChangeSet: (input) => this.#deleteChangeSet(input),
    ExecuteChangeSet: (input) => this.#execute(input),
    DescribeStacks: (input, { isUnseen }) => {
      const name = textOf(input, "StackName");
      if (isUnseen) throw validationError(`Stack with id ${name} does not exist`);
      const stacks = name === undefined ? this.stacks.live() : [this.stacks.known(name)];
      const { items, nextToken } = page(stacks, textOf(input, "NextToken"), this.#parts.pageSize);
      return { Stacks: items.map(stackAnswer), NextToken: nextToken };
    },
    /** Newest first: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html */
    DescribeStackEvents: (input) => {
      const stack = this.#stack(input, (name) => `Stack [${name}] does not exist`);
      const newestFirst = stack.events.toReversed();
      // The token counts the oldest events still to send, so it keeps its place while events are added.
      const left = Number(textOf(input, "NextToken") ?? newestFirst.length);
      const from = newestFirst.length - left;
      const rest = Math.max(0, left - this.#parts.pageSize);
      const items = newestFirst.slice(from, from + this.#parts.pageSize);
      return {
        StackEvents: items.map((event) => eventAnswer(stack, event)),
        NextToken: rest === 0 ? undefined : String(rest),
      };
    },
    DescribeEvents: (input) => {
      const name = textOf(input, "ChangeSetName");
      if (name === undefined)
        throw validationError("One of ChangeSetName, OperationId or StackName must be specified");
      const { stack, changeSet } = this.#changeSets.find(name, textOf(input, "StackName"));
      const events = operationEvents(stack, changeSet);
      const { items, nextToken } = page(events, textOf(input, "NextToken"), this.#parts.pageSize);
      return { OperationEvents: items, NextToken: nextToken };
    },
    ListStackResources: (input) => {
      const stack = this.#stack(input);
      const { items, nextToken } = page(
        [...stack.resources.values()],
        textOf(input, "NextToken"),
        this.#parts.pageSize,
      );
      return { StackResourceSummaries: items.map(resourceSummary), NextToken: nextToken };
    },
    GetTemplate: (input) => ({
      TemplateBody: this.#stack(input).desired?.text,
      StagesAvailable: ["Original", "Processed"],
    }),
    ListImports: (input) => {
      const name = textOf(input, "ExportName") ?? "";
      const importers = this.stacks.importersOf(name);
      if (importers.length === 0) throw validationError(`Export '${name}' is not imported by any stack.`);
      return { Imports: importers };
    },
    DeleteStack: (input) => this.#delete(input),
    ContinueUpdateRollback: (input) => {
      const stack = this.#stack(input);
      if (stack.status !== "UPDATE_ROLLBACK_FAILED")
        throw validationError(
          `Stack:${stack.id} is in ${stack.status} state and can not be rolled back from.`,
        );
      const skipped = textsOf(input, "ResourcesToSkip");
      const wrong = skipped.filter((id) => stack.rollback?.pending.has(id) !== true);
      if (wrong.length > 0)
        throw validationError(
          `The following resources to skip are not in a failed state: [${wrong.join(", ")}]`,
        );
      this.#tokenOf(stack, input);
      void this.#updates.rollBackUpdate(stack, "User Initiated", skipped);
      return {};
    },
    RollbackStack: (input) => this.#rollBack(input),
    /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html */
    CancelUpdateStack: (input) => {
      const stack = this.#stack(input);
      if (stack.status !== "UPDATE_IN_PROGRESS")
        throw validationError("CancelUpdateStack cannot be called from current stack status");
      stack.underWay?.abort(new Superseded(false));
      return {};
    },
    UpdateTerminationProtection: (input) => {
      const stack = this.#stack(input);
      stack.isProtected = isTrue(input, "EnableTerminationProtection");
      return { StackId: stack.id };
    },
    DetectStackDrift: (input) => ({ StackDriftDetectionId: this.drift.detect(this.#stack(input)) }),
    DescribeStackDriftDetectionStatus: (input) =>
      this.drift.status(textOf(input, "StackDriftDetectionId") ?? ""),
    DescribeStackResourceDrifts: (input) => {
      const wanted = textsOf(input, "StackResourceDriftStatusFilters");
      const drifts = this.drift.drifts(this.#stack(input));
      const status = (one: Fields) => textOf(one, "StackResourceDriftStatus") ?? "";
      const found = wanted.length === 0 ? drifts : drifts.filter((one) => wanted.includes(status(one)));
      const { items, nextToken } = page(found, textOf(input, "NextToken"), this.#parts.pageSize);
      return { StackResourceDrifts: items, NextToken: nextToken };
    },
  };

  #stack(input: Fields, message?: (name: string) => string): Stack {
    const name = textOf(input, "StackName");
    if (name !== undefined && message !== undefined && this.stacks.find(name) === undefined)
      throw validationError(message(name));
    return this.stacks.known(name);
  }

  #changeSet(input: Fields, isUnseen: boolean): { stack: Stack; changeSet: ChangeSet } {
    const name = textOf(input, "ChangeSetName") ?? "";
    if (isUnseen) throw new AwsError("ChangeSetNotFound", `ChangeSet [${name}] does not exist`, 404);
    return this.#changeSets.find(name, textOf(input, "StackName"));
  }

  /**
   * Deleting a change set twice is no error:
   * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html
   */
  #deleteChangeSet(input: Fields): Fields {
    const name = textOf(input, "ChangeSetName") ?? "";
    const stackName = textOf(input, "StackName");
    const stacks = stackName === undefined ? this.stacks.live() : [this.stacks.known(stackName)];
    for (const stack of stacks) {
      const changeSet = stack.changeSets.find((one) => one.id === name || one.name === name);
      const status = changeSet && statusAgainstDeletion(changeSet);
      if (changeSet && status)
        throw invalidStatus(changeSet, `cannot be deleted in its current status of [${status}]`);
      stack.changeSets = stack.changeSets.filter((one) => one !== changeSet);
      if (changeSet !== undefined) changeSet.status = "DELETE_COMPLETE";
    }
    return {};
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html */
  #execute(input: Fields): Fields {
    const { stack, changeSet } = this.#changeSet(input, false);
    const token = textOf(input, "ClientRequestToken");
    // The request was repeated, and its work has begun.
    if (changeSet.executionStatus !== "AVAILABLE" && token !== undefined && stack.token === token) return {};
    if (isInProgress(stack.status))
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
    if (changeSet.executionStatus !== "AVAILABLE")
      throw invalidStatus(changeSet, `cannot be executed in its current status of [${changeSet.status}]`);
    this.#tokenOf(stack, input);
    changeSet.executionStatus = "EXECUTE_IN_PROGRESS";
    // The other change sets were for the stack's earlier state.
    stack.changeSets = [changeSet];
    stack.changeSetId = changeSet.id;
    stack.capabilities = changeSet.capabilities;
    void this.#run(stack, changeSet, input);
    return {};
  }

  async #run(stack: Stack, changeSet: ChangeSet, input: Fields): Promise<void> {
    const { desired, imports, kind } = changeSet;
    const disablesRollback = isTrue(input, "DisableRollback") || changeSet.onStackFailure === "DO_NOTHING";
    if (kind === "IMPORT") await this.#operations.import(stack, desired, imports);
    else if (stack.status === "REVIEW_IN_PROGRESS")
      await this.#operations.create(stack, desired, {
        onFailure: disablesRollback ? "DO_NOTHING" : (changeSet.onStackFailure ?? "ROLLBACK"),
        imports,
        retainsExceptOnCreate: isTrue(input, "RetainExceptOnCreate"),
      });
    else await this.#updates.update(stack, desired, { disablesRollback, imports });
    const isDone = /^(?:CREATE|UPDATE|IMPORT)_COMPLETE$/.test(stack.status);
    changeSet.executionStatus = isDone ? "EXECUTE_COMPLETE" : "EXECUTE_FAILED";
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html */
  #delete(input: Fields): Fields {
    const stack = this.stacks.find(textOf(input, "StackName") ?? "");
    if (stack === undefined || stack.status === "DELETE_IN_PROGRESS" || stack.status === "DELETE_COMPLETE")
      return {};
    if (stack.isProtected)
      throw validationError(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
    if (isInProgress(stack.status) && !DELETABLE_IN_PROGRESS.has(stack.status))
      throw validationError(`Stack [${stack.id}] cannot be deleted while in status ${stack.status}`);
    const retained = textsOf(input, "RetainResources");
    if (retained.length > 0 && stack.status !== "DELETE_FAILED")
      throw validationError(
        "Invalid operation on stack. RetainResources can only be specified for stacks in the DELETE_FAILED state.",
      );
    this.#tokenOf(stack, input);
    stack.changeSets = [];
    stack.underWay?.abort(new Superseded(true));
    void this.#operations.delete(stack, retained);
    return {};
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html */
  #rollBack(input: Fields): Fields {
    const stack = this.#stack(input);
    if (stack.status !== "CREATE_FAILED" && stack.status !== "UPDATE_FAILED")
      throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be rolled back.`);
    this.#tokenOf(stack, input);
    const options = { retainsExceptOnCreate: isTrue(input, "RetainExceptOnCreate") };
    if (stack.status === "UPDATE_FAILED") void this.#updates.rollBackUpdate(stack, "User Initiated", []);
    else void this.#operations.rollBackCreation(stack, "User Initiated", options);
    return { StackId: stack.id };
  }

  #tokenOf(stack: Stack, input: Fields): void {
    stack.token = textOf(input, "ClientRequestToken");
  }

  /** Returns what is in progress or left in stacks, for a snapshot. */
  liveResources(): readonly {
    readonly stack: Stack;
    readonly logicalId: string;
    readonly physicalId: string;
  }[] {
    return this.stacks
      .live()
      .flatMap((stack) =>
        [...stack.resources.values()]
          .filter(isLive)
          .map(({ logicalId, physicalId }) => ({ stack, logicalId, physicalId: physicalId ?? "" })),
      );
  }
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html: InvalidChangeSetStatus */
function statusAgainstDeletion({ status, executionStatus }: ChangeSet): string | undefined {
  if (status === "CREATE_PENDING" || status === "CREATE_IN_PROGRESS") return status;
  return executionStatus === "EXECUTE_IN_PROGRESS" ? executionStatus : undefined;
}

function invalidStatus({ id }: ChangeSet, what: string): AwsError {
  return new AwsError("InvalidChangeSetStatus", `ChangeSet [${id}] ${what}`);
}
