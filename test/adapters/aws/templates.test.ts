import { describe, expect, test } from "bun:test";
import {
  listOf,
  type Members,
  membersOf,
  templateOf,
  type Value,
} from "../../../scripts/checks/templates/parse.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { CASSANDRA_MIGRATIONS } from "../../../src/adapters/cassandra/schema/migrations.ts";
import { RECORD_TABLES } from "../../../src/adapters/cassandra/schema/record.ts";
import type { Statement } from "../../../src/adapters/cassandra/schema/statements.ts";
import type { StackKind } from "../../../src/domain/deployment/stacks.ts";

const STACKS = Object.fromEntries(
  Object.entries(TEMPLATES).map(([kind, text]) => [kind, templateOf(text)]),
) as Readonly<Record<StackKind, ReturnType<typeof templateOf>>>;

/** What the deployer gives each stack, and what it takes from it. */
const INTERFACES: Readonly<Record<StackKind, { takes: string; gives: string }>> = {
  network: {
    takes: `EnvironmentSuffix VpcCidr SubnetACidr SubnetBCidr ZoneA ZoneB
      ExistingVpcId ExistingVpcCidr ExistingSubnetIds ExistingRouteTableIds
      MakeEcrApiEndpoint MakeEcrDkrEndpoint MakeLogsEndpoint MakeCassandraEndpoint MakeS3Endpoint MakeSsmMessagesEndpoint Connect
      MakeSecretsManagerEndpoint OidcClientSecretArn AuthProxySecretArn
      AllowFromCidrA AllowFromCidrB AllowFromCidrC AllowFromCidrD
      AllowFromGroupA AllowFromGroupB AllowFromGroupC AllowFromGroupD FlowLogRetentionDays PermissionsBoundaryArn`,
    gives: "VpcId SubnetIds ServiceSecurityGroupId",
  },
  registry: { takes: "EnvironmentSuffix ImagesKept", gives: "RepositoryName RepositoryUri RepositoryArn" },
  keyspaces: { takes: "KeyspaceName", gives: "KeyspaceName KeyspaceArn" },
  cluster: {
    takes: `EnvironmentSuffix KeyspaceName RepositoryArn ImageUri Architecture TaskCpu TaskMemory LogRetentionDays
      PermissionsBoundaryArn Connect OidcClientSecretArn AuthProxySecretArn`,
    gives: "ClusterName ClusterArn ExecutionRoleArn TaskRoleArn LogGroupName OneOffTaskDefinitionArn",
  },
  ecs: {
    takes: `EnvironmentSuffix VpcId SubnetIds ServiceSecurityGroupId ClusterName ExecutionRoleArn TaskRoleArn
      LogGroupName KeyspaceName DeployedAt ImageUri Architecture TaskCpu TaskMemory MinTasks MaxTasks AlarmTopicArn AlarmEmail
      Connect Auth PublicUrl TrustedProxies OidcIssuer OidcClientId OidcClientSecretArn OidcName OidcSignUp
      OidcAdminGroup OidcAudience AuthProxyHeader AuthProxySecretArn`,
    gives: "ServiceName ServiceArn PrivateUrl DashboardName TaskDefinitionArn",
  },
};

/** Where another stack, a build or a user must say it. */
const WITHOUT_DEFAULT: Readonly<Record<StackKind, string>> = {
  network: "",
  registry: "",
  keyspaces: "",
  cluster: "RepositoryArn ImageUri",
  ecs: "VpcId SubnetIds ServiceSecurityGroupId ExecutionRoleArn TaskRoleArn ImageUri",
};

/** CreateStack takes no longer template from a request. Source: AWS, CloudFormation quotas. */
const TEMPLATE_BYTES_MAX = 51_200;

const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== "");

describe.each(Object.entries(STACKS))("the template of %s", (name, { parameters, outputs }) => {
  const kind = name as StackKind;

  test("takes the deployer's parameters, and has the outputs that it reads", () => {
    expect(Object.keys(parameters).sort()).toEqual(words(INTERFACES[kind].takes).sort());
    expect(Object.keys(outputs).sort()).toEqual(words(INTERFACES[kind].gives).sort());
  });

  test("has defaults that suit a default environment", () => {
    const without = Object.entries(parameters).filter(([, { Default: value }]) => value === undefined);
    expect(without.map(([parameter]) => parameter).sort()).toEqual(words(WITHOUT_DEFAULT[kind]).sort());
  });

  test("explains each parameter and output, and exports each output under its stack's name", () => {
    const described = [...Object.values(parameters), ...Object.values(outputs)];
    expect(described.filter(({ Description: text }) => !/^[A-Z].+\.$/s.test(String(text)))).toEqual([]);
    for (const [output, { Export: exported }] of Object.entries(outputs)) {
      expect(exported).toEqual({ Name: { "Fn::Sub": `\${AWS::StackName}:${output}` } });
    }
  });

  test("takes nothing from another stack without the deployer", () => {
    expect(TEMPLATES[kind]).not.toContain("ImportValue");
  });

  test("is short enough to be sent with a request, and comes back unchanged", () => {
    expect(Buffer.byteLength(TEMPLATES[kind])).toBeLessThan(TEMPLATE_BYTES_MAX);
    // CloudFormation gives other characters back as question marks, and every plan would show a change.
    expect(TEMPLATES[kind]).toMatch(/^[\t\n\x20-\x7e]*$/);
  });

  test("ends with its outputs, which an import must leave out", () => {
    expect(TEMPLATES[kind].match(/^[A-Z]\w+:/gm)?.at(-1)).toBe("Outputs:");
  });
});

describe("tables", () => {
  const definitions = [
    ...RECORD_TABLES,
    ...CASSANDRA_MIGRATIONS.flatMap(({ statements }) => statements),
  ].filter((statement): statement is Exclude<Statement, { kind: "row" }> => statement.kind !== "row");
  const all = new Set(definitions.map(({ table }) => table));
  const recordTables = new Set(
    RECORD_TABLES.flatMap((statement) => ("table" in statement ? statement.table : [])),
  );

  test("the service may read and write every table that migrations create, and only read the migrator's own", () => {
    const writable = [...all].filter((table) => !recordTables.has(table));
    expect(writable).toContain("todo");
    expect(writable.filter((table) => !serviceMay("cassandra:Modify", table))).toEqual([]);
    expect([...all].filter((table) => !serviceMay("cassandra:Select", table))).toEqual([]);
    expect([...recordTables].sort()).toEqual(["schema_lease", "schema_migration"]);
    expect([...recordTables].filter((table) => serviceMay("cassandra:Modify", table))).toEqual([]);
  });

  test("the service may do nothing else to a table, and nothing to another keyspace's", () => {
    for (const action of ["cassandra:Create", "cassandra:Alter", "cassandra:Drop"])
      expect([...all].filter((table) => serviceMay(action, table))).toEqual([]);
    expect(serviceMay("cassandra:Select", "todo", "todos_staging")).toBe(false);
    expect(serviceMay("cassandra:Modify", "todo", "todos_staging")).toBe(false);
  });

  test("the stack creates the tables of the first migration with the same columns, types and keys", () => {
    const baseline = CASSANDRA_MIGRATIONS[0]?.statements.map(({ cql }) => cql.replace(/ IF NOT EXISTS/, ""));
    const tables = STACKS.keyspaces.resources.filter(({ type }) => type === "AWS::Cassandra::Table");
    expect(tables.map(({ properties }) => cqlOf(properties))).toEqual(baseline ?? []);
  });
});

/** As IAM decides it: a denial is stronger than any permission. */
function serviceMay(action: string, table: string, keyspace = "todos"): boolean {
  const arn = `arn:aws:cassandra:eu-central-1:123456789012:/keyspace/${keyspace}/table/${table}`;
  const effects = serviceStatements()
    .filter(({ Action: actions }) => listOf(actions).includes(action))
    .filter(({ Resource: resources }) => listOf(resources).some((resource) => covers(resource, arn)))
    .map(({ Effect: effect }) => effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

function serviceStatements(): Members[] {
  const role = STACKS.cluster.resources.find(({ id }) => id === "TaskRole");
  return listOf(role?.properties.Policies)
    .map(membersOf)
    .flatMap(({ PolicyDocument: policy }) => (policy ? listOf(membersOf(policy).Statement) : []))
    .map(membersOf);
}

const FACTS: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": "eu-central-1",
  "AWS::AccountId": "123456789012",
  KeyspaceName: "todos",
};

function covers(resource: Value, arn: string): boolean {
  if (typeof resource === "string") return resource === "*";
  const pattern = String(membersOf(resource)["Fn::Sub"]).replaceAll(
    /\$\{([\w:]+)\}/g,
    (_, name) => FACTS[name] ?? "unknown",
  );
  return new Bun.Glob(pattern).match(arn);
}

/** The table as a statement in the words of a migration. */
function cqlOf(properties: Members): string {
  const columns = (name: string): Members[] => listOf(properties[name]).map(membersOf);
  const partition = columns("PartitionKeyColumns");
  const clustering = columns("ClusteringKeyColumns");
  const clustered = clustering.map(({ Column: column }) => membersOf(column));
  const keys = [...partition, ...clustered].map(({ ColumnName: name }) => name).join(", ");
  const typed = ({ ColumnName: name, ColumnType: type }: Members): string => `${name} ${type}`;
  const fields = [...partition, ...clustered, ...columns("RegularColumns")].map(typed);
  const order = clustering.map(({ OrderBy: way }, index) => `${clustered[index]?.ColumnName} ${way}`);
  const table = `CREATE TABLE ${properties.TableName}`;
  if (clustered.length === 0)
    return `${table} ( ${fields.join(", ")} )`.replace(
      typed(partition[0] ?? {}),
      (key) => `${key} PRIMARY KEY`,
    );
  return `${table} ( ${[...fields, `PRIMARY KEY (${keys})`].join(", ")} ) WITH CLUSTERING ORDER BY (${order.join(", ")})`;
}

describe("the dashboard", () => {
  const dashboard = STACKS.ecs.resources.find(({ type }) => type === "AWS::CloudWatch::Dashboard");
  const [body = ""] = listOf(membersOf(dashboard?.properties.DashboardBody)["Fn::Sub"]).map(String);
  const { widgets } = JSON.parse(body.replace(/\$\{[^}]+\}/g, "x"));

  test("is JSON, and no widget overlaps another or leaves the grid", () => {
    const cells = widgets.flatMap(({ x, y, width, height }: Record<"x" | "y" | "width" | "height", number>) =>
      Array.from(
        { length: width * height },
        (_, cell) => `${x + (cell % width)},${y + Math.floor(cell / width)}`,
      ),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(widgets.every(({ x, width }: Record<"x" | "width", number>) => x + width <= 24)).toBe(true);
  });

  test("shows every alarm and every metric made from the log", () => {
    const named = (type: string) => STACKS.ecs.resources.filter((resource) => resource.type === type);
    for (const { id } of named("AWS::CloudWatch::Alarm")) expect(body).toContain(`\${${id}.Arn}`);
    for (const { properties } of named("AWS::Logs::MetricFilter")) {
      const [made] = listOf(properties.MetricTransformations).map(membersOf);
      expect(body).toContain(`"${made?.MetricName}"`);
    }
  });
});

test("with --connect the agent has a volume wherever it writes, and without it none", () => {
  const definition = STACKS.ecs.resources.find(({ id }) => id === "TaskDefinition");
  const onlyConnected = (value: unknown): Members[] => {
    const [condition, volumes, otherwise] = listOf(membersOf(value)["Fn::If"]);
    expect([condition, otherwise]).toEqual(["Connects", { Ref: "AWS::NoValue" }]);
    return listOf(volumes).map(membersOf);
  };
  const volumes = onlyConnected(definition?.properties.Volumes).map(({ Name: name }) => name);
  const [container] = listOf(definition?.properties.ContainerDefinitions).map(membersOf);
  const mounts = onlyConnected(container?.MountPoints);
  expect(mounts.map(({ ContainerPath: path }) => path)).toEqual([
    "/managed-agents",
    "/var/lib/amazon",
    "/var/log/amazon",
  ]);
  expect(mounts.map(({ SourceVolume: volume }) => volume)).toEqual(volumes);
});
