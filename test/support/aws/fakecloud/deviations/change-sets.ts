import { changesAnswer } from "../../double/cloudformation/answers.ts";
import { parametersOf } from "../../double/cloudformation/parameters.ts";
import { type PlannedStack, type PlannedWorld, plannedChanges } from "../../double/cloudformation/plan.ts";
import { type Account, orderedResources, propertiesOf, scopeOf } from "../../double/cloudformation/scope.ts";
import type { Desired, ResourceChange, StackResource } from "../../double/cloudformation/stack.ts";
import { parseTemplate } from "../../double/cloudformation/template.ts";
import { type Fields, pairsOf, textOf } from "../../double/fields.ts";
import { decodeForm, encodeXml } from "../../double/wire/query.ts";
import type { Physical } from "../../double/world.ts";
import type { Answer, Call, Deviation, Forward } from "../proxy.ts";

const OK = 200;
const NO_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

/** What a change set would do, according to AWS's documentation. */
interface Proposal {
  readonly desired: Desired;
  readonly changes: readonly ResourceChange[];
  /** AWS refuses a change set without changes and without new outputs. */
  readonly isEmpty: boolean;
}

/**
 * AWS lists what really changes, property by property, and says so if nothing does. fakecloud lists every resource of a
 * stack as modified. This computes the list from the templates and parameters sent before.
 */
export function changeSetsOfAll(account: Account): Deviation {
  const stacks = new Map<string, PlannedStack>();
  const proposals = new Map<string, Proposal>();
  const handlers: Readonly<
    Record<string, (input: Fields, call: Call, forward: Forward, seen: () => void) => Promise<Answer>>
  > = {
    async CreateChangeSet(input, call, forward) {
      const name = nameOf(input);
      const isUpdate = textOf(input, "ChangeSetType") === "UPDATE";
      const before = isUpdate ? stacks.get(name) : undefined;
      const desired = desiredBy(input, before);
      const changes = plannedChanges(
        worldOf(account),
        before ?? emptyStack(name),
        desired,
        [],
        () => undefined,
      );
      const isEmpty = changes.length === 0 && outputsOf(desired) === outputsOf(before?.desired);
      proposals.set(keyOf(input), { desired, changes, isEmpty });
      return await forward(call);
    },
    async DescribeChangeSet(input, call, forward, seen) {
      const result = await forward(call);
      const proposal = proposals.get(keyOf(input));
      if (result.status !== OK || !proposal || !stacks.has(nameOf(input))) return result;
      const listed = result.body.match(/<ResourceChange>/g)?.length ?? 0;
      if (listed !== proposal.changes.length) seen();
      return { ...result, body: withChanges(result.body, proposal) };
    },
    async ExecuteChangeSet(input, call, forward) {
      const result = await forward(call);
      const proposal = proposals.get(keyOf(input));
      if (result.status === OK && proposal)
        stacks.set(nameOf(input), stackOf(nameOf(input), proposal.desired, account));
      return result;
    },
    async DeleteStack(input, call, forward) {
      stacks.delete(nameOf(input));
      return await forward(call);
    },
  };
  return {
    name: "a change set of an update lists every resource as modified",
    concerns: ({ service, action }) => service === "cloudformation" && action in handlers,
    handle: async (call, forward, seen) =>
      (await handlers[call.action]?.(decodeForm(call.body), call, forward, seen)) ?? (await forward(call)),
  };
}

/** AWS reports each change set's description and creation time. fakecloud forgets both. */
export function changeSetDescriptions(): Deviation {
  const known = new Map<string, Fields>();
  return {
    name: "change sets are listed without their descriptions and times",
    concerns: ({ service, action }) =>
      service === "cloudformation" && ["CreateChangeSet", "ListChangeSets"].includes(action),
    async handle(call, forward, seen) {
      const input = decodeForm(call.body);
      const result = await forward(call);
      if (result.status !== OK) return result;
      if (call.action === "CreateChangeSet") {
        known.set(keyOf(input), { Description: textOf(input, "Description"), CreationTime: new Date() });
        return result;
      }
      const body = result.body.replaceAll(/<ChangeSetName>([^<]*)<\/ChangeSetName>/g, (element, name) => {
        const said = known.get(keyOf({ ...input, ChangeSetName: name }));
        if (said === undefined || result.body.includes("<Description>")) return element;
        seen();
        return `${element}${encodeXml(said, "member")}`;
      });
      return { ...result, body };
    },
  };
}

/** Returns a stack's name, given its name or its id, which ends with `stack/NAME/…`. */
function nameOf(input: Fields): string {
  const name = textOf(input, "StackName") ?? "";
  return /:stack\/([^/]+)\//.exec(name)?.[1] ?? name;
}

function keyOf(input: Fields): string {
  return `${nameOf(input)} ${textOf(input, "ChangeSetName")}`;
}

function desiredBy(input: Fields, before: PlannedStack | undefined): Desired {
  const text = textOf(input, "TemplateBody") ?? "";
  const template = parseTemplate(text);
  return {
    template,
    text,
    parameters: parametersOf(template, input, before?.desired?.parameters ?? new Map()),
    tags: pairsOf(input, "Tags", "Key", "Value"),
  };
}

/** A world in which everything that a reference names exists, with placeholders as attributes. */
function worldOf(account: Account): PlannedWorld {
  return { ...account, find: (type, id) => (id === undefined ? undefined : standingFor(type, id)) };
}

function standingFor(type: string, id: string): Physical {
  const attributes = new Proxy({}, { get: (_, attribute) => `${id}.${String(attribute)}` });
  return {
    type,
    id,
    attributes,
    properties: {},
    identity: id,
    identifier: {},
    createdAt: new Date(0),
    owner: undefined,
  };
}

function emptyStack(name: string): PlannedStack {
  return { id: name, name, desired: undefined, resources: new Map() };
}

function stackOf(name: string, desired: Desired, account: Account): PlannedStack {
  const lookup = (id: string) => standingFor(desired.template.resources[id]?.type ?? "", id);
  const scope = scopeOf(account, { id: name, name }, desired, lookup, () => undefined);
  const resources = orderedResources(desired, scope).map(([logicalId, resource]): [string, StackResource] => [
    logicalId,
    {
      ...{ logicalId, type: resource.type, template: resource, physicalId: logicalId },
      ...{
        properties: propertiesOf(resource, scope),
        status: "CREATE_COMPLETE",
        reason: undefined,
        at: new Date(0),
      },
    },
  ]);
  return { id: name, name, desired, resources: new Map(resources) };
}

function outputsOf(desired: Desired | undefined): string {
  return JSON.stringify(desired?.template.outputs ?? {});
}

function withChanges(body: string, { changes, isEmpty }: Proposal): string {
  const listed = body.replace(/<Changes>[\s\S]*<\/Changes>|<Changes\s*\/>/, () =>
    encodeXml({ Changes: changesAnswer(changes, true) }, "member"),
  );
  if (!isEmpty) return listed;
  return listed
    .replace(/<Status>[^<]*<\/Status>/, `<Status>FAILED</Status><StatusReason>${NO_CHANGES}</StatusReason>`)
    .replace(/<ExecutionStatus>[^<]*<\/ExecutionStatus>/, "<ExecutionStatus>UNAVAILABLE</ExecutionStatus>");
}
