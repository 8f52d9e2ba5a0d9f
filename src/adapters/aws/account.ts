import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
} from "@aws-sdk/client-cloudtrail";
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from "@aws-sdk/client-iam";
import { GetServiceQuotaCommand, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { Account, ExistingNetwork, Identity } from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { Ec2Network } from "./ec2.ts";
import { AwsError, isAws } from "./errors.ts";

/** Most actions that one simulation takes, so that its answer fits a page. */
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
    aws: AwsConnection,
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

  existingNetwork(vpc: string, subnets: readonly string[]): Promise<ExistingNetwork> {
    return this.network.existing(vpc, subnets);
  }

  async deniedActions(caller: string, actions: readonly string[]): Promise<readonly string[] | undefined> {
    const source = await this.principalOf(caller);
    const denied: string[] = [];
    try {
      for (let first = 0; first < actions.length; first += SIMULATED_MAX) {
        denied.push(...(await this.simulated(source, actions.slice(first, first + SIMULATED_MAX))));
      }
    } catch (error) {
      if (error instanceof AwsError && error.code === "denied") return undefined;
      throw error;
    }
    return denied;
  }

  private async simulated(source: string, actions: readonly string[]): Promise<string[]> {
    const denied: string[] = [];
    let marker: string | undefined;
    do {
      const answer = await this.iam(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: source,
          ActionNames: [...actions],
          ...(marker !== undefined && { Marker: marker }),
        }),
      );
      for (const { EvalActionName, EvalDecision, MissingContextValues } of answer.EvaluationResults ?? []) {
        // A statement for certain resources, regions or services says no to a question that names none.
        const unknown = EvalDecision === "implicitDeny" && (MissingContextValues ?? []).length > 0;
        if (EvalDecision !== "allowed" && !unknown) denied.push(EvalActionName ?? "");
      }
      marker = answer.IsTruncated ? answer.Marker : undefined;
    } while (marker !== undefined);
    return denied;
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
      if (error instanceof AwsError && (error.code === "denied" || isAws(error, ["NoSuchResourceException"])))
        return undefined;
      throw error;
    }
  }

  async recordsKeyspaces(): Promise<boolean | undefined> {
    try {
      const { trailList } = await this.cloudtrail(new DescribeTrailsCommand({}));
      for (const { TrailARN } of trailList ?? []) {
        const selectors = await this.cloudtrail(new GetEventSelectorsCommand({ TrailName: TrailARN }));
        const types = (selectors.AdvancedEventSelectors ?? [])
          .flatMap(({ FieldSelectors }) => FieldSelectors ?? [])
          .filter(({ Field }) => Field === "resources.type")
          .flatMap(({ Equals }) => Equals ?? []);
        if (types.includes(KEYSPACES_RESOURCE)) return true;
      }
      return false;
    } catch (error) {
      if (error instanceof AwsError && (error.code === "denied" || isAws(error, ["TrailNotFoundException"])))
        return undefined;
      throw error;
    }
  }
}
