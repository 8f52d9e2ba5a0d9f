import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
} from "@aws-sdk/client-cloudtrail";
import {
  type ContextEntry,
  CreateServiceLinkedRoleCommand,
  GetRoleCommand,
  IAMClient,
  SimulatePrincipalPolicyCommand,
} from "@aws-sdk/client-iam";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Account, ExistingNetwork, Identity } from "../../application/deploy/ports.ts";
import type { PolicyStatement } from "../../domain/deployment/policy.ts";
import type { AwsConnection } from "./connection.ts";
import { Ec2Network } from "./ec2.ts";
import { AwsError, isAws } from "./errors.ts";
import { privateZones } from "./hosted-zones.ts";

/** Most actions in one simulation, so that its answer fits on a page. */
const SIMULATED_MAX = 100;
const ASSUMED_ROLE = /^arn:([a-z-]+):sts::(\d{12}):assumed-role\/([^/]+)\//;
const KEYSPACES_RESOURCE = "AWS::Cassandra::Table";

/** @see Account */
export class AwsAccount implements Account {
  private readonly sts: STSClient["send"];
  private readonly iam: IAMClient["send"];
  private readonly quotas: ServiceQuotasClient["send"];
  private readonly cloudtrail: CloudTrailClient["send"];
  private readonly network: Ec2Network;

  private constructor(
    readonly region: string,
    private readonly aws: AwsConnection,
  ) {
    this.sts = aws.sender(new STSClient({ ...aws.config }));
    this.iam = aws.sender(new IAMClient({ ...aws.config }));
    this.quotas = aws.sender(new ServiceQuotasClient({ ...aws.config }));
    this.cloudtrail = aws.sender(new CloudTrailClient({ ...aws.config }));
    this.network = new Ec2Network(aws);
  }

  static in(region: string, aws: AwsConnection): AwsAccount {
    return new AwsAccount(region, aws);
  }

  async identity(): Promise<Identity> {
    const { Account: account = "", Arn: arn = "" } = await this.sts(new GetCallerIdentityCommand({}));
    return { account, arn };
  }

  zones(): Promise<readonly string[]> {
    return this.network.zones();
  }

  endpointServices(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    return this.network.endpointServices(names);
  }

  vpcCount(): Promise<number> {
    return this.network.vpcCount();
  }

  existingNetwork(vpc: string, subnets: readonly string[]): Promise<ExistingNetwork | undefined> {
    return this.network.existing(vpc, subnets);
  }

  privateZones(vpc: string): Promise<readonly string[]> {
    return privateZones(this.aws, this.region, vpc);
  }

  async deniedActions(caller: string, statements: readonly PolicyStatement[]): Promise<readonly string[]> {
    const source = await this.principalOf(caller);
    const denied: string[] = [];
    for (const statement of statements) {
      for (let first = 0; first < statement.Action.length; first += SIMULATED_MAX) {
        const actions = statement.Action.slice(first, first + SIMULATED_MAX);
        denied.push(...(await this.simulated(source, { ...statement, Action: actions })));
      }
    }
    return [...new Set(denied)];
  }

  /** On the resources concerned: a permission for these alone is denied in a question about any resource. */
  private async simulated(source: string, statement: PolicyStatement): Promise<string[]> {
    const denied: string[] = [];
    const context = contextOf(statement);
    let marker: string | undefined;
    do {
      const answer = await this.iam(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: source,
          ActionNames: [...statement.Action],
          ResourceArns: statement.Resource.map(sampleOf),
          ...(context.length > 0 && { ContextEntries: context }),
          ...(marker !== undefined && { Marker: marker }),
        }),
      );
      for (const { EvalActionName, EvalDecision, MissingContextValues } of answer.EvaluationResults ?? []) {
        // A statement that depends on a condition of the real call is denied in a question without it.
        const unknown = EvalDecision === "implicitDeny" && (MissingContextValues ?? []).length > 0;
        if (EvalDecision !== "allowed" && !unknown) denied.push(EvalActionName ?? "");
      }
      marker = answer.IsTruncated ? answer.Marker : undefined;
    } while (marker !== undefined);
    return denied;
  }

  async hasRole(name: string): Promise<boolean | undefined> {
    try {
      await this.iam(new GetRoleCommand({ RoleName: name }));
      return true;
    } catch (error) {
      if (isAws(error, ["NoSuchEntity", "NoSuchEntityException"])) return false;
      if (error instanceof AwsError && error.code === "denied") return undefined;
      throw error;
    }
  }

  async makeServiceRole(service: string): Promise<string | undefined> {
    try {
      const { Role } = await this.iam(new CreateServiceLinkedRoleCommand({ AWSServiceName: service }));
      return Role?.RoleName ?? service;
    } catch (error) {
      if (isAws(error, ["InvalidInput", "InvalidInputException"], /has been taken/i)) return "taken";
      if (error instanceof AwsError && error.code === "denied") return undefined;
      throw error;
    }
  }

  /** A session is not simulated, the role behind it is; only IAM knows the path in its ARN. */
  private async principalOf(caller: string): Promise<string> {
    const [, partition, account, role] = ASSUMED_ROLE.exec(caller) ?? [];
    if (role === undefined) return caller;
    try {
      const { Role } = await this.iam(new GetRoleCommand({ RoleName: role }));
      if (Role?.Arn !== undefined) return Role.Arn;
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
    }
    return `arn:${partition}:iam::${account}:role/${role}`;
  }

  async quota(service: string, code: string): Promise<number | undefined> {
    try {
      const { Quota } = await this.quotas(
        new GetServiceQuotaCommand({ ServiceCode: service, QuotaCode: code }),
      );
      return Quota?.Value;
    } catch (error) {
      if (error instanceof AwsError) return undefined;
      throw error;
    }
  }

  async recordsKeyspaces(): Promise<boolean> {
    const { trailList = [] } = await this.cloudtrail(new DescribeTrailsCommand({}));
    for (const { TrailARN } of trailList) {
      if ((await this.recordedTypes(TrailARN)).includes(KEYSPACES_RESOURCE)) return true;
    }
    return false;
  }

  /** Nothing for a trail of another account, such as an organization's, that can't be read. */
  private async recordedTypes(trail: string | undefined): Promise<readonly string[]> {
    try {
      const selectors = await this.cloudtrail(new GetEventSelectorsCommand({ TrailName: trail }));
      return (selectors.AdvancedEventSelectors ?? [])
        .flatMap(({ FieldSelectors }) => FieldSelectors ?? [])
        .filter(({ Field }) => Field === "resources.type")
        .flatMap(({ Equals }) => Equals ?? []);
    } catch (error) {
      if (error instanceof AwsError) return [];
      throw error;
    }
  }
}

/** How names continue after the prefix in policies, by service: `stack/NAME/ID`, `log-group:NAME:STREAM`. */
const NAME_ENDS: Readonly<Record<string, string>> = {
  cloudformation: "/x",
  logs: ":x",
  cassandra: "/table/x",
};
const SERVICE_LINKED = /:role\/aws-service-role\/\*$/;
const SERVICE_LINKED_SAMPLE = ":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS";

/**
 * A resource name that matches a policy's pattern: the simulation takes names, not patterns, and others write
 * their patterns differently, `stack/Todos*` + `/*`.
 */
function sampleOf(pattern: string): string {
  if (pattern === "*") return pattern;
  const [, , service = ""] = pattern.split(":");
  return pattern
    .replace(SERVICE_LINKED, SERVICE_LINKED_SAMPLE)
    .replace(/\*$/, `x${NAME_ENDS[service] ?? ""}`)
    .replaceAll("*", "x");
}

function contextOf({ Condition = {} }: PolicyStatement): ContextEntry[] {
  return Object.values(Condition).flatMap((keys) =>
    Object.entries(keys).map(
      ([ContextKeyName, [value = ""]]): ContextEntry => ({
        ContextKeyName,
        ContextKeyType: "string",
        ContextKeyValues: [value],
      }),
    ),
  );
}
