const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/**
 * How long creating a resource usually takes, ms. From CloudFormation's event times in public write-ups; only
 * shown as an estimate, nothing waits for it.
 */
const USUAL_MS = new Map<string, number>([
  ["AWS::EC2::VPC", 15 * SECOND_MS],
  ["AWS::EC2::Subnet", 10 * SECOND_MS],
  ["AWS::EC2::VPCEndpoint", 120 * SECOND_MS],
  ["AWS::EC2::SecurityGroup", 10 * SECOND_MS],
  ["AWS::IAM::Role", 20 * SECOND_MS],
  ["AWS::ECR::Repository", 5 * SECOND_MS],
  ["AWS::Cassandra::Keyspace", 30 * SECOND_MS],
  ["AWS::Cassandra::Table", 60 * SECOND_MS],
  ["AWS::ECS::Cluster", 15 * SECOND_MS],
  // Includes the time for which ECS watches the deployment's alarm once all tasks run.
  ["AWS::ECS::Service", 300 * SECOND_MS],
  ["AWS::ServiceDiscovery::PrivateDnsNamespace", 50 * SECOND_MS],
]);
const OTHER_MS = 10 * SECOND_MS;

/** What a stack takes in addition to its slowest resource: CloudFormation works in waves. */
const STACK_MS = 20 * SECOND_MS;
/** A one-off task on Fargate: network interface, image, start. */
export const TASK_USUAL_MS = 60 * SECOND_MS;

export function resourceUsualMs(type: string): number {
  return USUAL_MS.get(type) ?? OTHER_MS;
}

/** Resources of a stack are created in parallel, so the slowest decides. */
export function stackUsualMs(types: readonly string[]): number {
  return types.length === 0 ? 0 : STACK_MS + Math.max(...types.map(resourceUsualMs));
}

export const TASK_DEADLINE_MS = 15 * MINUTE_MS;
/**
 * Migrations: Amazon Keyspaces works on one change of a table at a time, for up to a minute, and a new keyspace
 * takes some twenty-five.
 */
export const FIRST_MIGRATION_USUAL_MS = 10 * MINUTE_MS;
export const MIGRATION_USUAL_MS = 2 * MINUTE_MS;
export const MIGRATION_DEADLINE_MS = 90 * MINUTE_MS;
/** A whole deploy, from the first call on, ms; the wait for a person's answer does not count. */
export const TOTAL_DEADLINE_MS = 180 * MINUTE_MS;
