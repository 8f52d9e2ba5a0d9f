import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import {
  DescribeInternetGatewaysCommand,
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { DescribeImagesCommand, DescribeRepositoriesCommand, ECRClient } from "@aws-sdk/client-ecr";
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type DesiredStatus,
  ECSClient,
  ListClustersCommand,
  ListTasksCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import type { Fakecloud } from "./fakecloud.ts";

const CLUSTER = "todos";

/** Asks the emulator's own APIs, past the proxy, what exists. */
export class Account {
  private readonly cloudFormation: CloudFormationClient;
  private readonly ec2: EC2Client;
  private readonly ecr: ECRClient;
  private readonly ecs: ECSClient;

  constructor(private readonly fakecloud: Fakecloud) {
    const { endpoint, region, environment } = fakecloud;
    const { AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "" } = environment;
    const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
    const config = { endpoint, region, credentials };
    this.cloudFormation = new CloudFormationClient(config);
    this.ec2 = new EC2Client(config);
    this.ecr = new ECRClient(config);
    this.ecs = new ECSClient(config);
  }

  /** Makes a secret in Secrets Manager, whose client the program does not need. @returns its ARN */
  async secret(name: string, value: string): Promise<string> {
    const { endpoint, region, environment } = this.fakecloud;
    const scope = `${environment.AWS_ACCESS_KEY_ID}/20260101/${region}/secretsmanager/aws4_request`;
    const answer = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "secretsmanager.CreateSecret",
        // The emulator only looks at which service is meant.
        authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify({ Name: name, SecretString: value, ClientRequestToken: crypto.randomUUID() }),
    });
    const text = await answer.text();
    const { ARN } = Object(JSON.parse(text));
    if (typeof ARN === "string") return ARN;
    throw new Error(`the emulator made no secret: ${answer.status} ${text}`);
  }

  /** Statuses by name, without deleted stacks. */
  async stacks(): Promise<Readonly<Record<string, string>>> {
    const { Stacks = [] } = await this.cloudFormation.send(new DescribeStacksCommand({}));
    const live = Stacks.filter(({ StackStatus }) => StackStatus !== "DELETE_COMPLETE");
    return Object.fromEntries(live.map(({ StackName, StackStatus }) => [StackName ?? "", StackStatus ?? ""]));
  }

  /** Networks, except the default one that every account has. */
  async network() {
    const [{ Vpcs = [] }, { Subnets = [] }, { InternetGateways = [] }] = await Promise.all([
      this.ec2.send(new DescribeVpcsCommand({})),
      this.ec2.send(new DescribeSubnetsCommand({})),
      this.ec2.send(new DescribeInternetGatewaysCommand({})),
    ]);
    const vpcs = Vpcs.filter(({ IsDefault }) => !IsDefault);
    const ids = vpcs.map(({ VpcId }) => VpcId);
    return {
      vpcCidrs: vpcs.map(({ CidrBlock }) => CidrBlock),
      subnetCidrs: Subnets.filter(({ VpcId }) => ids.includes(VpcId))
        .map(({ CidrBlock }) => CidrBlock)
        .sort(),
      internetGateways: InternetGateways.filter(({ Attachments = [] }) =>
        Attachments.some(({ VpcId }) => ids.includes(VpcId)),
      ).length,
    };
  }

  async repositories(): Promise<readonly string[]> {
    const { repositories = [] } = await this.ecr.send(new DescribeRepositoriesCommand({}));
    return repositories.map(({ repositoryName }) => repositoryName ?? "");
  }

  /** Tags of a repository's images by digest, without what only belongs to an image, such as a bill of materials. */
  async images(repositoryName: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const { imageDetails = [] } = await this.ecr.send(new DescribeImagesCommand({ repositoryName }));
    return new Map(
      imageDetails
        .filter(({ imageTags = [] }) => imageTags.some((tag) => tag.startsWith("image-")))
        .map(({ imageDigest = "", imageTags = [] }) => [imageDigest, imageTags]),
    );
  }

  async clusters(): Promise<readonly string[]> {
    const { clusterArns = [] } = await this.ecs.send(new ListClustersCommand({}));
    return clusterArns;
  }

  async service() {
    const { services = [] } = await this.ecs.send(
      new DescribeServicesCommand({ cluster: CLUSTER, services: ["todos"] }),
    );
    return services[0];
  }

  async tasks(desiredStatus: DesiredStatus): Promise<readonly Task[]> {
    const { taskArns = [] } = await this.ecs.send(new ListTasksCommand({ cluster: CLUSTER, desiredStatus }));
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await this.ecs.send(
      new DescribeTasksCommand({ cluster: CLUSTER, tasks: taskArns }),
    );
    return tasks;
  }
}

/** Returns a task's private address. */
export function addressOf({ taskArn, attachments = [] }: Task): string {
  const details = attachments.flatMap((each) => each.details ?? []);
  const address = details.find(({ name }) => name === "privateIPv4Address")?.value;
  if (address === undefined) throw new Error(`${taskArn} has no address`);
  return address;
}
