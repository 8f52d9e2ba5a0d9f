/** The network stack's inputs about a network that it does not create, and about the region's zones. */
export interface NetworkFacts {
  readonly zones?: readonly [string, string];
  /** Of an existing VPC. */
  readonly cidr?: string;
  /** Those that get a route to S3. */
  readonly routeTables?: readonly string[];
  /** Parameters `Make…Endpoint` by the endpoint's short name. */
  readonly endpoints?: Readonly<Partial<Record<EndpointName, boolean>>>;
}

/** What every task needs. */
export const ENDPOINT_NAMES = ["ecr.api", "ecr.dkr", "logs", "cassandra", "s3"] as const;
/** What `--connect` needs in addition. */
export const CONNECT_ENDPOINT = "ssmmessages";
/** What secrets of accounts need in addition. */
export const SECRETS_ENDPOINT = "secretsmanager";
export type EndpointName =
  | (typeof ENDPOINT_NAMES)[number]
  | typeof CONNECT_ENDPOINT
  | typeof SECRETS_ENDPOINT;

/** Whether a network stack with these parameters needs the endpoint. */
export function needsEndpoint(name: EndpointName, parameters: Readonly<Record<string, string>>): boolean {
  if (name === CONNECT_ENDPOINT) return parameters.Connect === "true";
  if (name === SECRETS_ENDPOINT)
    return Boolean(parameters.OidcClientSecretArn || parameters.AuthProxySecretArn);
  return true;
}

/** How the usual name of a service begins, which private DNS makes lead to its endpoint; s3's gateway has none. */
const PRIVATE_NAMES: Readonly<Partial<Record<EndpointName, string>>> = {
  "ecr.api": "api.ecr",
  "ecr.dkr": "dkr.ecr",
  logs: "logs",
  cassandra: "cassandra",
  ssmmessages: "ssmmessages",
  secretsmanager: "secretsmanager",
};

/** `logs.eu-west-1.amazonaws.com`; undefined for an endpoint without a private name. */
export function privateNameOf(endpoint: EndpointName, region: string): string | undefined {
  const begin = PRIVATE_NAMES[endpoint];
  return begin === undefined ? undefined : `${begin}.${region}.amazonaws.com`;
}

export const ENDPOINT_PARAMETERS: Readonly<Record<EndpointName, string>> = {
  "ecr.api": "MakeEcrApiEndpoint",
  "ecr.dkr": "MakeEcrDkrEndpoint",
  logs: "MakeLogsEndpoint",
  cassandra: "MakeCassandraEndpoint",
  s3: "MakeS3Endpoint",
  ssmmessages: "MakeSsmMessagesEndpoint",
  secretsmanager: "MakeSecretsManagerEndpoint",
};
