import { type Fields, recordsOf, textOf } from "./fields.ts";
import type { Physical, World } from "./world.ts";

/** What a resource type needs beyond what all types have. */
export interface ResourceType {
  /** How long creation takes, s. */
  readonly seconds: number;
  /** Properties that can change only by replacing the resource. */
  readonly createOnly: readonly string[];
  /** The properties that name it in the account. Without their values, the double generates a name. */
  readonly names: readonly string[];
  /** What `Ref` gives for these names. */
  readonly id: (names: readonly string[], world: World, properties: Fields) => string;
  readonly attributes: (id: string, properties: Fields, world: World, names: readonly string[]) => Fields;
  /** Whether creation needs CAPABILITY_IAM, or CAPABILITY_NAMED_IAM for a resource with its own name. */
  readonly isIam: boolean;
}

const asNamed = (names: readonly string[]) => names.join("|");

function type(parts: Partial<ResourceType> = {}): ResourceType {
  return {
    seconds: 5,
    createOnly: [],
    names: [],
    id: asNamed,
    attributes: () => ({}),
    isIam: false,
    ...parts,
  };
}

/** A resource that EC2 creates, with an id like `vpc-0123456789abcdef0`. */
function ec2(prefix: string, attribute: string, parts: Partial<ResourceType> = {}): ResourceType {
  return type({
    id: (_names, world) => `${prefix}-${world.hex(17)}`,
    attributes: (id) => ({ [attribute]: id, Id: id }),
    ...parts,
  });
}

const arnOf = (service: string, resource: (names: readonly string[]) => string) => ({
  id: (names: readonly string[], world: World) => world.arn(service, resource(names)),
});

/**
 * Each type's return values and "Update requires", as documented on its page under
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
 */
const TYPES: Readonly<Record<string, ResourceType>> = {
  "AWS::EC2::VPC": ec2("vpc", "VpcId", {
    seconds: 10,
    createOnly: ["CidrBlock", "Ipv4IpamPoolId", "Ipv4NetmaskLength"],
    attributes: (id, properties, world) => ({
      VpcId: id,
      CidrBlock: properties.CidrBlock,
      DefaultSecurityGroup: `sg-${world.hex(17)}`,
      DefaultNetworkAcl: `acl-${world.hex(17)}`,
    }),
  }),
  "AWS::EC2::Subnet": ec2("subnet", "SubnetId", {
    createOnly: ["AvailabilityZone", "CidrBlock", "VpcId"],
    attributes: (id, properties) => ({
      SubnetId: id,
      AvailabilityZone: properties.AvailabilityZone,
      CidrBlock: properties.CidrBlock,
      VpcId: properties.VpcId,
    }),
  }),
  "AWS::EC2::RouteTable": ec2("rtb", "RouteTableId", { createOnly: ["VpcId"] }),
  "AWS::EC2::Route": ec2("r", "Id", { createOnly: ["DestinationCidrBlock", "RouteTableId"] }),
  "AWS::EC2::SubnetRouteTableAssociation": ec2("rtbassoc", "Id", { createOnly: ["SubnetId"] }),
  "AWS::EC2::NetworkAcl": ec2("acl", "Id", { createOnly: ["VpcId"] }),
  "AWS::EC2::VPCEndpoint": ec2("vpce", "Id", {
    seconds: 60,
    createOnly: ["ServiceName", "VpcEndpointType", "VpcId", "ServiceRegion"],
    attributes: (id, _properties, world) => ({ Id: id, CreationTimestamp: world.clock.now().toISOString() }),
  }),
  "AWS::EC2::SecurityGroup": ec2("sg", "GroupId", {
    createOnly: ["GroupDescription", "GroupName", "VpcId"],
    attributes: (id, properties) => ({ GroupId: id, Id: id, VpcId: properties.VpcId }),
  }),
  "AWS::EC2::SecurityGroupIngress": ec2("sgr", "Id", {
    createOnly: ["CidrIp", "FromPort", "GroupId", "IpProtocol", "SourceSecurityGroupId", "ToPort"],
  }),
  "AWS::EC2::SecurityGroupEgress": ec2("sgr", "Id", {
    createOnly: ["CidrIp", "FromPort", "GroupId", "IpProtocol", "ToPort", "DestinationSecurityGroupId"],
  }),
  "AWS::EC2::FlowLog": ec2("fl", "Id", {
    createOnly: [
      "ResourceId",
      "ResourceType",
      "TrafficType",
      "LogGroupName",
      "LogDestination",
      "DeliverLogsPermissionArn",
    ],
  }),
  "AWS::Route53::HostedZone": type({ id: (_names, world) => `Z${world.hex(20).toUpperCase()}` }),
  "AWS::IAM::Role": type({
    seconds: 15,
    createOnly: ["Path", "RoleName"],
    names: ["RoleName"],
    isIam: true,
    attributes: (id, properties, world) => ({
      Arn: `arn:aws:iam::${world.accountId}:role${textOf(properties, "Path") ?? "/"}${id}`,
      RoleId: `AROA${world.hex(17).toUpperCase()}`,
    }),
  }),
  "AWS::IAM::Policy": type({ createOnly: [], names: ["PolicyName"], isIam: true }),
  "AWS::IAM::ManagedPolicy": type({
    createOnly: ["Path", "ManagedPolicyName"],
    names: ["ManagedPolicyName"],
    isIam: true,
  }),
  "AWS::Logs::LogGroup": type({
    createOnly: ["LogGroupName"],
    names: ["LogGroupName"],
    attributes: (id, _properties, world) => ({ Arn: world.arn("logs", `log-group:${id}:*`) }),
  }),
  "AWS::Logs::MetricFilter": type({
    createOnly: ["FilterName", "LogGroupName"],
    names: ["LogGroupName", "FilterName"],
  }),
  "AWS::ECR::Repository": type({
    createOnly: ["RepositoryName", "EncryptionConfiguration"],
    names: ["RepositoryName"],
    attributes: (id, _properties, world) => ({
      Arn: world.arn("ecr", `repository/${id}`),
      RepositoryUri: `${world.accountId}.dkr.ecr.${world.region}.amazonaws.com/${id}`,
    }),
  }),
  "AWS::Cassandra::Keyspace": type({
    seconds: 10,
    createOnly: ["KeyspaceName"],
    names: ["KeyspaceName"],
  }),
  "AWS::Cassandra::Table": type({
    seconds: 30,
    createOnly: [
      "KeyspaceName",
      "TableName",
      "PartitionKeyColumns",
      "ClusteringKeyColumns",
      "ClientSideTimestampsEnabled",
    ],
    names: ["KeyspaceName", "TableName"],
  }),
  "AWS::ECS::Cluster": type({
    createOnly: ["ClusterName"],
    names: ["ClusterName"],
    attributes: (id, _properties, world) => ({ Arn: world.arn("ecs", `cluster/${id}`) }),
  }),
  "AWS::ECS::ClusterCapacityProviderAssociations": type({ createOnly: ["Cluster"], names: ["Cluster"] }),
  "AWS::ECS::TaskDefinition": type({
    seconds: 2,
    // A registered revision never changes. Each update registers the next one.
    createOnly: [
      ...[
        "ContainerDefinitions",
        "Cpu",
        "Memory",
        "Family",
        "ExecutionRoleArn",
        "TaskRoleArn",
        "NetworkMode",
      ],
      ...["RequiresCompatibilities", "RuntimePlatform", "Volumes", "EphemeralStorage", "PidMode", "IpcMode"],
    ],
    id: (_names, world, properties) => {
      const family = textOf(properties, "Family") ?? "family";
      return world.arn("ecs", `task-definition/${family}:${nextRevision(world, family)}`);
    },
    attributes: (id) => ({ TaskDefinitionArn: id }),
  }),
  "AWS::ECS::Service": type({
    seconds: 2,
    createOnly: [
      "Cluster",
      "ServiceName",
      "LaunchType",
      "SchedulingStrategy",
      "DeploymentController",
      "Role",
    ],
    names: ["Cluster", "ServiceName"],
    id: ([cluster, name], world) => world.arn("ecs", `service/${baseName(cluster ?? "default")}/${name}`),
    attributes: (id) => ({ Name: baseName(id), ServiceArn: id }),
  }),
  "AWS::ServiceDiscovery::PrivateDnsNamespace": type({
    seconds: 40,
    createOnly: ["Name", "Vpc"],
    id: (_names, world) => `ns-${world.hex(16)}`,
    attributes: (id, _properties, world) => ({
      Id: id,
      Arn: world.arn("servicediscovery", `namespace/${id}`),
      HostedZoneId: `Z${world.hex(20).toUpperCase()}`,
    }),
  }),
  "AWS::ServiceDiscovery::Service": type({
    createOnly: ["Name", "NamespaceId", "HealthCheckCustomConfig", "Type"],
    id: (_names, world) => `srv-${world.hex(16)}`,
    attributes: (id, properties, world) => ({
      Id: id,
      Name: properties.Name,
      Arn: world.arn("servicediscovery", `service/${id}`),
    }),
  }),
  "AWS::ApplicationAutoScaling::ScalableTarget": type({
    createOnly: ["ResourceId", "ScalableDimension", "ServiceNamespace"],
    names: ["ResourceId", "ScalableDimension", "ServiceNamespace"],
    attributes: (id) => ({ Id: id }),
  }),
  "AWS::ApplicationAutoScaling::ScalingPolicy": type({
    createOnly: ["PolicyName", "ResourceId", "ScalableDimension", "ScalingTargetId", "ServiceNamespace"],
    ...arnOf("autoscaling", ([name]) => `scalingPolicy:${name}`),
    names: ["PolicyName"],
  }),
  "AWS::CloudWatch::Alarm": type({
    createOnly: ["AlarmName"],
    names: ["AlarmName"],
    attributes: (id, _properties, world) => ({ Arn: world.arn("cloudwatch", `alarm:${id}`) }),
  }),
  "AWS::CloudWatch::CompositeAlarm": type({
    createOnly: ["AlarmName"],
    names: ["AlarmName"],
    attributes: (id, _properties, world) => ({ Arn: world.arn("cloudwatch", `alarm:${id}`) }),
  }),
  "AWS::CloudWatch::Dashboard": type({ createOnly: ["DashboardName"], names: ["DashboardName"] }),
  "AWS::SNS::Topic": type({
    createOnly: ["TopicName", "FifoTopic"],
    ...arnOf("sns", ([name]) => `${name}`),
    names: ["TopicName"],
    attributes: (id) => ({ TopicArn: id, TopicName: baseName(id, ":") }),
  }),
  "AWS::SNS::TopicPolicy": type({ id: (_names, world) => world.hex(12) }),
  "AWS::SNS::Subscription": type({
    createOnly: ["Endpoint", "Protocol", "TopicArn"],
    id: (_names, world, properties) => `${textOf(properties, "TopicArn")}:${world.uuid()}`,
    attributes: (id) => ({ Arn: id }),
  }),
  "AWS::KMS::Key": type({
    id: (_names, world) => world.uuid(),
    attributes: (id, _properties, world) => ({ Arn: world.arn("kms", `key/${id}`), KeyId: id }),
  }),
  "AWS::CloudFormation::WaitConditionHandle": type({ seconds: 1, id: (_names, world) => world.uuid() }),
};

/** @returns undefined if the type is not modelled */
export function resourceType(name: string): ResourceType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

/** Returns the last part of an ARN or path. */
export function baseName(text: string, separator = "/"): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}

export interface Naming {
  readonly names: readonly string[];
  readonly isOwnName: boolean;
  /** Equal for resources that can't exist together. Undefined if the service chooses the id. */
  readonly identity: string | undefined;
}

/**
 * Returns the template's names, or generates them from the stack's name and the logical id.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
 */
export function namingOf(typeName: string, properties: Fields, madeName: string): Naming {
  const { names } = resourceType(typeName) ?? type();
  const given = names.map((name) => textOf(properties, name));
  const filled = given.map((name) => name ?? madeName);
  const isOwnName = given.length > 0 && given.every((name) => name !== undefined);
  return { names: filled, isOwnName, identity: names.length === 0 ? undefined : asNamed(filled) };
}

/** @param madeName name for a resource that the template does not name */
export function makePhysical(typeName: string, properties: Fields, madeName: string, world: World): Physical {
  const spec = resourceType(typeName) ?? type();
  const { names, identity } = namingOf(typeName, properties, madeName);
  const id = spec.id(names, world, properties);
  const physical: Physical = {
    type: typeName,
    id,
    identity: identity ?? id,
    identifier: Object.fromEntries(spec.names.map((name, index) => [name, names[index] ?? ""])),
    properties,
    attributes: spec.attributes(id, properties, world, names),
    createdAt: world.clock.now(),
    owner: undefined,
  };
  world.add(physical);
  return physical;
}

/** Whether a change of this property replaces the resource. */
export function needsReplacement(typeName: string, property: string): boolean {
  return resourceType(typeName)?.createOnly.includes(property) ?? false;
}

function nextRevision(world: World, family: string): number {
  const revision = (world.revisions.get(family) ?? 0) + 1;
  world.revisions.set(family, revision);
  return revision;
}

/** Returns why a resource can't be deleted at present, or undefined if it can. */
export function obstacleToDeletion(physical: Physical, world: World): string | undefined {
  if (physical.type === "AWS::ECR::Repository" && physical.properties.EmptyOnDelete !== true) {
    // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DeleteRepository.html
    if (world.facts.imagesIn(physical.id) > 0)
      return `The repository with name '${physical.id}' in registry with id '${world.accountId}' cannot be deleted because it still contains images`;
  }
  // https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeleteCluster.html
  if (physical.type === "AWS::ECS::Cluster" && world.facts.activeTasksIn(physical.id) > 0)
    return "The Cluster cannot be deleted while Tasks are active.";
  return undefined;
}

/** Returns all properties with tags sorted, so that a comparison ignores their order. */
export function comparable(properties: Fields): Fields {
  if (!Array.isArray(properties.Tags)) return properties;
  const tags = recordsOf(properties, "Tags").toSorted((a, b) => (String(a.Key) < String(b.Key) ? -1 : 1));
  return { ...properties, Tags: tags };
}
