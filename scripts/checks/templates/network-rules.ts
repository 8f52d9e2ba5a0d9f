import { listOf, type Members, mappingsIn } from "./parse.ts";
import { about, type Rule } from "./rule.ts";

const WAYS_OUT =
  /^AWS::EC2::(?:InternetGateway|EgressOnlyInternetGateway|NatGateway|EIP|Route|VPCGatewayAttachment|VPNGateway|TransitGateway.*)$/;
const ANYBODY = new Set<unknown>(["0.0.0.0/0", "::/0"]);
/** Addresses given by a user: the parameter's pattern excludes 0.0.0.0/0. */
const NOT_EVERYBODY = /\(\[1-9\]\|/;

const hasNoWayOut: Rule = {
  name: "there is no route to the internet",
  check: ({ resources }) => [
    ...resources.filter(({ type }) => WAYS_OUT.test(type)).map(({ id, type }) => `${id}: is a ${type}`),
    ...resources.flatMap(({ id, properties }) => [
      ...(properties.MapPublicIpOnLaunch === true ? [`${id}: gives public addresses`] : []),
      ...[...mappingsIn(properties)]
        .filter(({ AssignPublicIp: assigned = "DISABLED" }) => assigned !== "DISABLED")
        .map(() => `${id}: gives tasks public addresses`),
    ]),
  ],
};

const letsNobodyIn: Rule = {
  name: "nothing is open to everyone",
  check: ({ resources, parameters }) =>
    resources
      .filter(({ type }) => /^AWS::EC2::SecurityGroup(?:Ingress)?$/.test(type))
      .flatMap(({ id, type, properties }) => {
        const rules = type.endsWith("Ingress") ? [properties] : listOf(properties.SecurityGroupIngress);
        return rules
          .flatMap((rule) => openness(rule as Members, parameters))
          .map((fault) => `${id}: ${fault}`);
      }),
};

function openness(rule: Members, parameters: Readonly<Record<string, Members>>): string[] {
  const source = rule.CidrIp ?? rule.CidrIpv6;
  const parameter = [...mappingsIn(source)].map(({ Ref: name }) => parameters[String(name)]?.AllowedPattern);
  return [
    ...(ANYBODY.has(source) ? ["lets everybody in"] : []),
    ...(parameter.some((pattern) => !NOT_EVERYBODY.test(String(pattern)))
      ? ["takes addresses that may be everybody's"]
      : []),
    ...(rule.FromPort === undefined || rule.FromPort !== rule.ToPort ? ["opens more than one port"] : []),
  ];
}

const namesArePrivate: Rule = about("names resolve inside the network", /^AWS::EC2::VPC$/, (vpc) => [
  vpc.EnableDnsSupport !== true && "has no DNS",
  vpc.EnableDnsHostnames !== true && "gives endpoints no private names",
]);

/**
 * If a group also has rules of its own, CloudFormation's drift detection reports the separate ones as
 * changes.
 */
const rulesStandAlone: Rule = about(
  "rules of groups stand by themselves",
  /^AWS::EC2::SecurityGroup$/,
  (group) => [group.SecurityGroupIngress !== undefined && "has some within it"],
);

export const NETWORK_RULES: readonly Rule[] = [hasNoWayOut, letsNobodyIn, namesArePrivate, rulesStandAlone];
