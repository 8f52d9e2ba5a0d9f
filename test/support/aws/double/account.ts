import { AwsError } from "./errors.ts";
import { type Fields, numberOf, page, recordsOf, textOf, textsOf } from "./fields.ts";
import type { Actions } from "./service.ts";
import type { World } from "./world.ts";

/** A policy statement that allows something. */
export interface Grant {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** What an account has and allows. Tests change it. */
export interface AccountFacts {
  /** Denied actions, such as `ecs:RunTask`. `ecs:*` denies a whole service. */
  readonly denied: Set<string>;
  /** The policy that the permission simulation uses. Without it, everything not denied is allowed. */
  policy?: readonly Grant[];
  /** Quotas by code. Other quotas are 1000. */
  readonly quotas: Map<string, number>;
  /** Roles that no stack created. */
  readonly roles: Set<string>;
  /**
   * In a new account, its service-linked roles by name, and the time from which services can assume each one.
   * If absent, the account has all of them.
   */
  serviceRoles?: Map<string, number>;
  /** Whether a trail records the data events of Keyspaces. */
  recordsKeyspaces: boolean;
}

const QUOTA = 1_000;
const SERVICE_ROLE = "AWSServiceRoleFor";
const SERVICE_ROLES: Readonly<Record<string, string>> = {
  "ecs.amazonaws.com": `${SERVICE_ROLE}ECS`,
  "ecs.application-autoscaling.amazonaws.com": `${SERVICE_ROLE}ApplicationAutoScaling_ECSService`,
};
/** IAM is eventually consistent: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html */
const ROLE_USABLE_AFTER_MS = 20_000;

function makeServiceRole(roles: Map<string, number>, name: string, world: World): void {
  roles.set(name, world.clock.now().getTime() + ROLE_USABLE_AFTER_MS);
}

/**
 * Returns why a service can't use its own role, or undefined if it can. A service creates a missing role at first use,
 * and can't assume it yet.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
 */
export function roleObstacle(
  { serviceRoles }: AccountFacts,
  service: string,
  world: World,
): string | undefined {
  const name = SERVICE_ROLES[service] ?? "";
  if (serviceRoles === undefined) return undefined;
  if (!serviceRoles.has(name)) makeServiceRole(serviceRoles, name, world);
  if ((serviceRoles.get(name) ?? 0) <= world.clock.now().getTime()) return undefined;
  const shown = service === "ecs.amazonaws.com" ? "ECS" : "Application Auto Scaling";
  return `Unable to assume the service linked role. Please verify that the ${shown} service linked role exists.`;
}

export function isDenied({ denied }: AccountFacts, action: string): boolean {
  return denied.has(action) || denied.has(`${action.split(":")[0]}:*`);
}

/**
 * Allows an action on a resource if a statement names both and the request meets its conditions.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
function isGranted(grants: readonly Grant[], action: string, resource: string, context: Context): boolean {
  return grants.some(
    ({ Action, Resource, Condition = {} }) =>
      Action.includes(action) &&
      Resource.some((pattern) => isMatch(pattern, resource)) &&
      Object.values(Condition)
        .flatMap((keys) => Object.entries(keys))
        .every(([key, values]) => values.includes(context.get(key) ?? "")),
  );
}

/** Matches `*` to anything, including `/` and `:`. */
function isMatch(pattern: string, resource: string): boolean {
  return new RegExp(`^${pattern.split("*").map(RegExp.escape).join(".*")}$`).test(resource);
}

/** Values by key. */
type Context = ReadonlyMap<string, string>;

function contextIn(input: Fields): Context {
  const entries = recordsOf(input, "ContextEntries").map((entry): [string, string] => [
    textOf(entry, "ContextKeyName") ?? "",
    textsOf(entry, "ContextKeyValues")[0] ?? "",
  ]);
  return new Map(entries);
}

export function iamActions(world: World, facts: AccountFacts): Actions {
  return {
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
    SimulatePrincipalPolicy: (input) => {
      const source = textOf(input, "PolicySourceArn") ?? "";
      if (!/^arn:[a-z-]+:iam::\d{12}:(?:user|role|group)\//.test(source))
        throw new AwsError(
          "InvalidInput",
          `Invalid Entity Arn: ${source} does not clearly define entity type and name.`,
        );
      const given = textsOf(input, "ResourceArns");
      const resources = given.length > 0 ? given : ["*"];
      const context = contextIn(input);
      const mayDo = (action: string) =>
        !isDenied(facts, action) &&
        (facts.policy === undefined ||
          resources.every((resource) => isGranted(facts.policy ?? [], action, resource, context)));
      const results = textsOf(input, "ActionNames").map((EvalActionName) => ({
        EvalActionName,
        EvalResourceName: resources[0] ?? "*",
        EvalDecision: mayDo(EvalActionName) ? "allowed" : "implicitDeny",
        MatchedStatements: [],
        MissingContextValues: [],
      }));
      const { items, nextToken } = page(results, textOf(input, "Marker"), numberOf(input, "MaxItems") ?? 100);
      return { EvaluationResults: items, IsTruncated: nextToken !== undefined, Marker: nextToken };
    },
    /** https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html */
    CreateServiceLinkedRole: (input) => {
      const name = SERVICE_ROLES[textOf(input, "AWSServiceName") ?? ""] ?? "";
      if (facts.serviceRoles === undefined || facts.serviceRoles.has(name))
        throw new AwsError(
          "InvalidInput",
          `Service role name ${name} has been taken in this account, please try a different suffix.`,
        );
      makeServiceRole(facts.serviceRoles, name, world);
      return { Role: { RoleName: name, Path: "/aws-service-role/", CreateDate: world.clock.now() } };
    },
    GetRole: (input) => {
      const name = textOf(input, "RoleName") ?? "";
      const role = world.find("AWS::IAM::Role", name);
      const isOfService = name.startsWith(SERVICE_ROLE) && (facts.serviceRoles?.has(name) ?? true);
      if (role === undefined && !facts.roles.has(name) && !isOfService)
        throw new AwsError("NoSuchEntity", `The role with name ${name} cannot be found.`, 404);
      return {
        Role: {
          ...{
            Path: "/",
            RoleName: name,
            RoleId: `AROA${name.toUpperCase()}`,
            CreateDate: world.clock.now(),
          },
          Arn: role?.attributes.Arn ?? `arn:aws:iam::${world.accountId}:role/${name}`,
        },
      };
    },
  };
}

/** https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html */
export function quotaActions(facts: AccountFacts): Actions {
  const quota = (input: Fields) => {
    const QuotaCode = textOf(input, "QuotaCode") ?? "";
    return {
      Quota: {
        ServiceCode: textOf(input, "ServiceCode"),
        QuotaCode,
        Value: facts.quotas.get(QuotaCode) ?? QUOTA,
      },
    };
  };
  return { GetServiceQuota: quota, GetAWSDefaultServiceQuota: quota };
}

/** https://docs.aws.amazon.com/keyspaces/latest/devguide/logging-using-cloudtrail.html */
export function cloudTrailActions(world: World, facts: AccountFacts): Actions {
  const arn = world.arn("cloudtrail", "trail/all");
  return {
    DescribeTrails: () => ({
      trailList: [{ Name: "all", TrailARN: arn, HomeRegion: world.region, IsMultiRegionTrail: true }],
    }),
    GetEventSelectors: () => ({
      TrailARN: arn,
      AdvancedEventSelectors: facts.recordsKeyspaces
        ? [
            {
              Name: "data of Keyspaces",
              FieldSelectors: [
                { Field: "eventCategory", Equals: ["Data"] },
                { Field: "resources.type", Equals: ["AWS::Cassandra::Table"] },
              ],
            },
          ]
        : [{ Name: "management", FieldSelectors: [{ Field: "eventCategory", Equals: ["Management"] }] }],
    }),
    GetTrailStatus: () => ({ IsLogging: true }),
  };
}

/** Keyspaces' own API, over the existing keyspaces and tables. */
export function keyspacesActions(world: World): Actions {
  const missing = (what: string) =>
    new AwsError("ResourceNotFoundException", `${what} could not be found`, 404);
  const keyspaceOf = (input: Fields) => {
    const name = textOf(input, "keyspaceName") ?? "";
    const found = world.find("AWS::Cassandra::Keyspace", name);
    if (found === undefined) throw missing(`Keyspace '${name}'`);
    return found;
  };
  const tablesOf = (keyspace: string) =>
    world.all("AWS::Cassandra::Table").filter((one) => one.identifier.KeyspaceName === keyspace);
  const arnOf = (keyspace: string, table = "") =>
    world.arn("cassandra", `/keyspace/${keyspace}/${table === "" ? "" : `table/${table}`}`);
  return {
    /** https://docs.aws.amazon.com/keyspaces/latest/APIReference/API_GetKeyspace.html */
    GetKeyspace: (input, { isUnseen }) => {
      if (isUnseen) throw missing("Keyspace");
      const { id } = keyspaceOf(input);
      return { keyspaceName: id, resourceArn: arnOf(id), replicationStrategy: "SINGLE_REGION" };
    },
    ListTables: (input) => {
      const { id } = keyspaceOf(input);
      const tables = tablesOf(id).map((one) => one.identifier.TableName ?? "");
      const { items, nextToken } = page(
        tables,
        textOf(input, "nextToken"),
        numberOf(input, "maxResults") ?? 100,
      );
      return {
        tables: items.map((tableName) => ({
          keyspaceName: id,
          tableName,
          resourceArn: arnOf(id, tableName),
        })),
        nextToken,
      };
    },
    /** Deletes its tables, too: https://docs.aws.amazon.com/keyspaces/latest/APIReference/API_DeleteKeyspace.html */
    DeleteKeyspace: (input) => {
      const { id } = keyspaceOf(input);
      for (const table of tablesOf(id)) world.remove(table.type, table.id);
      world.remove("AWS::Cassandra::Keyspace", id);
      return {};
    },
    GetTable: (input) => {
      const { id } = keyspaceOf(input);
      const tableName = textOf(input, "tableName") ?? "";
      const table = tablesOf(id).find((one) => one.identifier.TableName === tableName);
      if (table === undefined) throw missing(`Table '${tableName}'`);
      return {
        ...{ keyspaceName: id, tableName, resourceArn: arnOf(id, tableName), status: "ACTIVE" },
        creationTimestamp: table.createdAt,
      };
    },
  };
}

/** `ecs:CLUSTER_TASK_RUNTIME` names a task for a session. */
export function taskOfTarget(target: string): string {
  return target.replace(/^ecs:/, "").split("_")[1] ?? "";
}
