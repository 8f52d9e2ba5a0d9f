import { isMembers, listOf, type Members, mappingsIn, type Value } from "./parse.ts";
import { about, type Rule } from "./rule.ts";

/** Actions for which AWS supports no resource. Source: the Service Authorization Reference. */
const WITHOUT_RESOURCES: ReadonlySet<Value> = new Set([
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeVpcEndpoints",
  "ecr:GetAuthorizationToken",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
]);
/** In someone else's network, what an endpoint is used for is not our decision. */
const IN_EXISTING_NETWORK = "WhateverTheirRolesAllow";

interface Statement {
  readonly members: Members;
  readonly name: string;
}

/** Every statement of every policy inside a value. */
function statementsIn(value: Value): Statement[] {
  return [...mappingsIn(value)]
    .filter((members) => "Effect" in members && ("Action" in members || "NotAction" in members))
    .map((members) => ({ members, name: String(members.Sid ?? "a statement") }));
}

const namesItsResources: Rule = about("policies name their resources", /./, (properties) =>
  statementsIn(properties)
    .filter(({ members, name }) => members.Effect === "Allow" && name !== IN_EXISTING_NETWORK)
    .flatMap(({ members, name }) => [
      "NotAction" in members && `${name} allows everything but something`,
      ...listOf(members.Action).map(
        (action) => String(action).includes("*") && `${name} allows the actions ${action}`,
      ),
      listOf(members.Resource).includes("*") &&
        !listOf(members.Action).every((action) => WITHOUT_RESOURCES.has(action)) &&
        `${name} is about any resource`,
    ]),
);

/** Unless its caller is checked, an AWS service can be made to act for another account. */
const checksTheAccount: Rule = about(
  "a service may use a role for this account only",
  /^AWS::IAM::Role$/,
  (role) => {
    const trust = statementsIn(role.AssumeRolePolicyDocument);
    return [
      trust.length === 0 && "nobody may use it",
      ...trust.map(
        ({ members }) => !hasConditionOn(members, "aws:SourceAccount") && "is for services of any account",
      ),
    ];
  },
);

const isBounded: Rule = about("roles take a permissions boundary", /^AWS::IAM::Role$/, (role) => [
  role.PermissionsBoundary === undefined && "has no PermissionsBoundary",
  role.ManagedPolicyArns !== undefined && "has policies that somebody else may change",
  role.RoleName !== undefined && "has a name that another region's role would have, too",
]);

const guardsEndpoints: Rule = about("endpoints have policies", /^AWS::EC2::VPCEndpoint$/, (endpoint) => {
  const statements = statementsIn(endpoint.PolicyDocument);
  const isInterface = endpoint.VpcEndpointType === "Interface";
  return [
    statements.length === 0 && "lets everything through",
    isInterface && endpoint.PrivateDnsEnabled !== true && "is not found by the service's usual name",
    isInterface && endpoint.SecurityGroupIds === undefined && "is open to the whole network",
    ...statements.map(
      ({ members, name }) =>
        isInterface &&
        !hasConditionOn(members, "aws:PrincipalAccount") &&
        `${name} is for callers of any account`,
    ),
  ];
});

function hasConditionOn({ Condition: condition }: Members, key: string): boolean {
  return isMembers(condition) && Object.values(condition).some((tests) => isMembers(tests) && key in tests);
}

export const ACCESS_RULES: readonly Rule[] = [
  namesItsResources,
  checksTheAccount,
  isBounded,
  guardsEndpoints,
];
