import { AwsError, validationError } from "../errors.ts";
import { type Fields, fieldsOf, isTrue, pairsOf, recordsOf, textOf, textsOf } from "../fields.ts";
import { namingOf, resourceType } from "../resource-types.ts";
import type { World } from "../world.ts";
import { parametersOf } from "./parameters.ts";
import { plannedChanges } from "./plan.ts";
import { orderedResources, scopeOf } from "./scope.ts";
import {
  type ChangeSet,
  type Desired,
  type Import,
  isLive,
  type Stack,
  type ValidationProblem,
} from "./stack.ts";
import type { Stacks } from "./stacks.ts";
import { parseTemplate, type Template } from "./template.ts";

const CREATION_SECONDS = 3;
/** What AWS says when a change set has nothing to do. */
const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";
const UPDATABLE = new Set([
  ...["CREATE_COMPLETE", "CREATE_FAILED", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_COMPLETE"],
  ...["IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE"],
]);

/** Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html */
export class ChangeSets {
  readonly #world: World;
  readonly #stacks: Stacks;
  /** Called with each stack that a change set creates. */
  readonly #told: (stack: Stack) => void;

  constructor(world: World, stacks: Stacks, told: (stack: Stack) => void) {
    this.#world = world;
    this.#stacks = stacks;
    this.#told = told;
  }

  create(input: Fields): ChangeSet & { readonly stackId: string } {
    const name = textOf(input, "ChangeSetName") ?? "";
    const kind = kindOf(input);
    const existing = this.#stacks.find(textOf(input, "StackName") ?? "");
    const repeated = existing?.changeSets.find((one) => one.name === name);
    if (existing !== undefined && repeated !== undefined) return this.#repeated(existing, repeated, input);
    const stack = this.#stackFor(existing, kind, input);
    const text = isTrue(input, "UsePreviousTemplate")
      ? (stack?.desired?.text ?? "")
      : (textOf(input, "TemplateBody") ?? "");
    const template = parseTemplate(text);
    refuseUnknownTypes(template);
    const desired = { text, ...this.#desired(template, stack, input) };
    refuseWithoutCapabilities(template, textsOf(input, "Capabilities"));
    const imports = kind === "IMPORT" ? this.#importsOf(template, input) : [];
    const owner = stack ?? this.#newStack(input);
    const changeSet: ChangeSet = {
      id: this.#world.arn("cloudformation", `changeSet/${name}/${this.#world.uuid()}`),
      ...{ name, kind, desired, imports, changes: [], problems: [] },
      token: textOf(input, "ClientToken"),
      createdAt: this.#world.clock.now(),
      capabilities: textsOf(input, "Capabilities"),
      onStackFailure: textOf(input, "OnStackFailure"),
      importExisting: isTrue(input, "ImportExistingResources"),
      description: textOf(input, "Description"),
      status: "CREATE_PENDING",
      executionStatus: "UNAVAILABLE",
      reason: undefined,
    };
    owner.changeSets.push(changeSet);
    void this.#work(owner, changeSet, isTrue(input, "DisableValidation"));
    return { ...changeSet, stackId: owner.id };
  }

  find(nameOrId: string, stackName: string | undefined): { stack: Stack; changeSet: ChangeSet } {
    if (!nameOrId.startsWith("arn:") && stackName === undefined)
      throw validationError("StackName must be specified if ChangeSetName is not specified as an ARN.");
    if (stackName !== undefined && this.#stacks.find(stackName) === undefined)
      throw validationError(`Stack [${stackName}] does not exist`);
    const candidates = stackName === undefined ? this.#stacks.live() : [this.#stacks.known(stackName)];
    for (const stack of candidates) {
      const changeSet = stack.changeSets.find((one) => one.id === nameOrId || one.name === nameOrId);
      if (changeSet !== undefined) return { stack, changeSet };
    }
    throw new AwsError("ChangeSetNotFound", `ChangeSet [${nameOrId}] does not exist`, 404);
  }

  /** The same token means a repeated request, which gets the same answer. */
  #repeated(stack: Stack, changeSet: ChangeSet, input: Fields) {
    if (changeSet.token !== undefined && changeSet.token === textOf(input, "ClientToken"))
      return { ...changeSet, stackId: stack.id };
    throw new AwsError("AlreadyExistsException", `ChangeSet [${changeSet.name}] already exists`);
  }

  #stackFor(existing: Stack | undefined, kind: ChangeSet["kind"], input: Fields): Stack | undefined {
    const name = textOf(input, "StackName") ?? "";
    if (kind === "UPDATE") {
      if (existing === undefined) throw validationError(`Stack [${name}] does not exist`);
      return updatable(existing);
    }
    if (existing === undefined || existing.status === "REVIEW_IN_PROGRESS") return existing;
    if (kind === "IMPORT") return updatable(existing);
    const changeSetName = textOf(input, "ChangeSetName");
    throw validationError(
      `Stack [${name}] already exists and cannot be created again with the changeSet [${changeSetName}].`,
    );
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html: REVIEW_IN_PROGRESS */
  #newStack(input: Fields): Stack {
    const stack = this.#stacks.add(textOf(input, "StackName") ?? "");
    stack.token = textOf(input, "ClientToken");
    this.#told(stack);
    return stack;
  }

  #desired(template: Template, stack: Stack | undefined, input: Fields): Omit<Desired, "text"> {
    const parameters = parametersOf(template, input, stack?.desired?.parameters ?? new Map());
    const given = input.Tags === undefined ? undefined : pairsOf(input, "Tags", "Key", "Value");
    return { template, parameters, tags: given ?? stack?.desired?.tags ?? new Map() };
  }

  /** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html */
  #importsOf(template: Template, input: Fields): Import[] {
    const wanted = recordsOf(input, "ResourcesToImport");
    if (wanted.length === 0)
      throw validationError("ResourcesToImport must be specified for an import operation");
    return wanted.map((one) => {
      const logicalId = textOf(one, "LogicalResourceId") ?? "";
      const type = textOf(one, "ResourceType") ?? "";
      const resource = template.resources[logicalId];
      if (resource?.type !== type)
        throw validationError(`Resource [${logicalId}] of type ${type} is not in the template`);
      if (!resource.hasDeletionPolicy)
        throw validationError(`Resources [${logicalId}] is missing a DeletionPolicy attribute`);
      const identifier = fieldsOf(one.ResourceIdentifier);
      const physical = this.#world
        .all(type)
        .find((found) => Object.entries(found.identifier).every(([key, value]) => identifier[key] === value));
      if (physical === undefined)
        throw validationError(
          `Resource ${type} with identifier ${JSON.stringify(identifier)} does not exist`,
        );
      return { logicalId, physical };
    });
  }

  async #work(stack: Stack, changeSet: ChangeSet, isUnchecked: boolean): Promise<void> {
    await this.#world.clock.sleep(1_000);
    changeSet.status = "CREATE_IN_PROGRESS";
    await this.#world.clock.sleep((CREATION_SECONDS - 1) * 1_000);
    if (changeSet.status !== "CREATE_IN_PROGRESS") return;
    const reason = this.#plan(stack, changeSet, isUnchecked);
    changeSet.reason = reason;
    changeSet.status = reason === undefined ? "CREATE_COMPLETE" : "FAILED";
    changeSet.executionStatus = reason === undefined ? "AVAILABLE" : "UNAVAILABLE";
  }

  /** @returns why the change set can't be created */
  #plan(stack: Stack, changeSet: ChangeSet, isUnchecked: boolean): string | undefined {
    const exports = (name: string) => this.#stacks.exportOf(name);
    try {
      if (changeSet.importExisting) changeSet.imports = this.#existing(stack, changeSet);
      changeSet.changes = plannedChanges(this.#world, stack, changeSet.desired, changeSet.imports, exports);
      if (changeSet.kind === "IMPORT") return refusalOfImport(stack, changeSet);
      if (changeSet.changes.length === 0 && !hasNewOutputs(stack, changeSet)) return NO_CHANGES;
      if (!isUnchecked) changeSet.problems = this.#conflicts(stack, changeSet);
      return changeSet.problems.length === 0 ? undefined : EARLY_VALIDATION_FAILED;
    } catch (problem) {
      if (problem instanceof AwsError) return problem.message;
      throw problem;
    }
  }

  /**
   * Finds names already in use before creating anything.
   * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
   */
  #conflicts(stack: Stack, changeSet: ChangeSet): ValidationProblem[] {
    return changeSet.changes
      .filter((change) => change.action === "Add" && change.after !== undefined)
      .flatMap(({ logicalId, type, after = {} }) => {
        const { identity, isOwnName, names } = namingOf(type, after, `${stack.name}-${logicalId}`);
        if (!isOwnName || identity === undefined || this.#world.withIdentity(type, identity) === undefined)
          return [];
        const reason = `Resource of type '${type}' with identifier '${names.join("|")}' already exists.`;
        return [{ logicalId, name: "NAME_CONFLICT_VALIDATION", path: `/Resources/${logicalId}`, reason }];
      });
  }

  /**
   * Imports only resources that have a literal name, are kept on deletion and belong to no other stack.
   * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
   */
  #existing(stack: Stack, { desired }: ChangeSet): Import[] {
    const scope = scopeOf(
      this.#world,
      stack,
      desired,
      () => "later",
      () => undefined,
    );
    return orderedResources(desired, scope).flatMap(([logicalId, resource]) => {
      const existing = stack.resources.get(logicalId);
      if ((existing !== undefined && isLive(existing)) || !resource.deletionPolicy.startsWith("Retain"))
        return [];
      const { isOwnName, identity } = namingOf(resource.type, resource.properties, "");
      const physical = isOwnName ? this.#world.withIdentity(resource.type, identity ?? "") : undefined;
      return physical === undefined || physical.owner !== undefined ? [] : [{ logicalId, physical }];
    });
  }
}

const EARLY_VALIDATION_FAILED =
  "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information.";

function kindOf(input: Fields): ChangeSet["kind"] {
  const kind = textOf(input, "ChangeSetType") ?? "UPDATE";
  if (kind === "CREATE" || kind === "UPDATE" || kind === "IMPORT") return kind;
  throw validationError(`Invalid change set type ${kind}`);
}

function updatable(stack: Stack): Stack {
  if (UPDATABLE.has(stack.status)) return stack;
  throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
}

function refuseUnknownTypes({ resources }: Template): void {
  const unknown = Object.values(resources).filter(({ type }) => resourceType(type) === undefined);
  if (unknown.length === 0) return;
  const types = [...new Set(unknown.map(({ type }) => type))].join(", ");
  throw validationError(`Template format error: Unrecognized resource types: [${types}]`);
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html */
function refuseWithoutCapabilities({ resources }: Template, given: readonly string[]): void {
  const iam = Object.values(resources).filter(({ type }) => resourceType(type)?.isIam === true);
  if (iam.length === 0) return;
  const isNamed = iam.some(({ type, properties }) =>
    (resourceType(type)?.names ?? []).some((name) => name !== "PolicyName" && properties[name] !== undefined),
  );
  const needed = isNamed ? "CAPABILITY_NAMED_IAM" : "CAPABILITY_IAM";
  if (given.includes(needed) || given.includes("CAPABILITY_NAMED_IAM")) return;
  throw new AwsError("InsufficientCapabilitiesException", `Requires capabilities : [${needed}]`);
}

/**
 * An import may change nothing else:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources.html
 */
function refusalOfImport(stack: Stack, { changes, imports, desired }: ChangeSet): string | undefined {
  const owned = imports.find(({ physical }) => physical.owner !== undefined);
  if (owned !== undefined)
    return `Resource ${owned.physical.id} already exists in stack ${owned.physical.owner?.stackId}`;
  const others = changes.filter((change) => change.action !== "Import").map((change) => change.logicalId);
  if (others.length > 0)
    return `You have modified resources [${others.join(", ")}] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations.`;
  const before = stack.desired?.template.outputs ?? {};
  return JSON.stringify(before) === JSON.stringify(desired.template.outputs)
    ? undefined
    : "As part of the import operation, you cannot modify or add [Outputs]";
}

function hasNewOutputs(stack: Stack, { desired }: ChangeSet): boolean {
  return JSON.stringify(stack.desired?.template.outputs ?? {}) !== JSON.stringify(desired.template.outputs);
}
