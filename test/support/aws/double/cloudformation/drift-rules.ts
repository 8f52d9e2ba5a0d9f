import { canonical, type Fields, isFields, recordsOf } from "../fields.ts";
import type { Physical, World } from "../world.ts";

/**
 * Returns a resource's properties as CloudFormation reads them, which can differ from what exists. A table includes the
 * columns that migrations added. A security group includes all its rules, no matter who added them. A container never
 * includes StopTimeout
 * (https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1455).
 */
export function actualProperties(physical: Physical, world: World): Fields {
  const { type, properties } = physical;
  switch (type) {
    case "AWS::Cassandra::Table":
      return withMore(properties, "RegularColumns", physical.addedColumns ?? []);
    case "AWS::EC2::SecurityGroup":
      return withMore(properties, "SecurityGroupIngress", standaloneRules(physical, world));
    case "AWS::ECS::TaskDefinition":
      return { ...properties, ContainerDefinitions: containersAsRead(properties) };
    default:
      return properties;
  }
}

function withMore(properties: Fields, name: string, more: readonly Fields[]): Fields {
  return { ...properties, [name]: [...recordsOf(properties, name), ...more] };
}

function standaloneRules({ id }: Physical, world: World): Fields[] {
  return world
    .all("AWS::EC2::SecurityGroupIngress")
    .filter(({ properties }) => properties.GroupId === id)
    .map(({ properties: { GroupId, ...rule } }) => rule);
}

function containersAsRead(properties: Fields): Fields[] {
  return recordsOf(properties, "ContainerDefinitions").map(({ StopTimeout, ...container }) => container);
}

export interface Difference {
  readonly path: string;
  readonly type: "ADD" | "REMOVE" | "NOT_EQUAL";
  readonly expected: unknown;
  readonly actual: unknown;
}

/**
 * Compares only what the template names, and finds additions to lists.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_PropertyDifference.html
 */
export function differences(expected: unknown, actual: unknown, path = ""): Difference[] {
  if (canonical(expected) === canonical(actual)) return [];
  if (actual === undefined) return [{ path, type: "REMOVE", expected, actual }];
  if (Array.isArray(expected) && Array.isArray(actual)) return listDifferences(expected, actual, path);
  if (!isFields(expected) || !isFields(actual)) return [{ path, type: "NOT_EQUAL", expected, actual }];
  return Object.keys(expected).flatMap((name) =>
    differences(expected[name], actual[name], `${path}/${name}`),
  );
}

function listDifferences(
  expected: readonly unknown[],
  actual: readonly unknown[],
  path: string,
): Difference[] {
  const common = Math.min(expected.length, actual.length);
  return [
    ...expected.slice(0, common).flatMap((one, at) => differences(one, actual[at], `${path}/${at}`)),
    ...expected.slice(common).map((one, at): Difference => {
      return { path: `${path}/${common + at}`, type: "REMOVE", expected: one, actual: undefined };
    }),
    ...actual.slice(common).map((one, at): Difference => {
      return { path: `${path}/${common + at}`, type: "ADD", expected: undefined, actual: one };
    }),
  ];
}
