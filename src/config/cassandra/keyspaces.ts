import { KEYSPACES } from "../kinds.ts";
import type { Environment } from "../section.ts";
import type { CassandraConfig } from "./settings.ts";

const AWS_PROFILE = "aws";
/** Source: Amazon Keyspaces Developer Guide, programmatic.endpoints.html. */
const AWS_ENDPOINT = /^cassandra(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/i;

/** Whether the cluster is Amazon Keyspaces: by name, or because only Keyspaces uses SigV4. */
export function asksForKeyspaces({
  cassandraEndpoints,
  cassandraAuth,
}: Pick<CassandraConfig, "cassandraEndpoints" | "cassandraAuth">): boolean {
  return cassandraAuth === "sigv4" || cassandraEndpoints.some(isKeyspaces);
}

/** The region to sign for: the one in the endpoint's name, if it has one. */
export function keyspacesRegion({
  cassandraEndpoints,
  awsRegion,
}: Pick<CassandraConfig, "cassandraEndpoints" | "awsRegion">): string | undefined {
  const named = cassandraEndpoints.map((host) => AWS_ENDPOINT.exec(host)?.[1]);
  return named.find((region) => region !== undefined) ?? awsRegion;
}

/** Source: Amazon Keyspaces Developer Guide, programmatic.endpoints.html; the regions in China have their own suffix. */
export function keyspacesService(region: string): string {
  return `cassandra.${region}.amazonaws.com${region.startsWith("cn-") ? ".cn" : ""}`;
}

/** Whether an endpoint is that of Amazon Keyspaces. */
export function isKeyspaces(host: string): boolean {
  return host === KEYSPACES || AWS_ENDPOINT.test(host);
}

/** The Java original used Amazon Keyspaces when its profile `aws` was active. */
export function profileOfAws(environment: Environment): { text: string; origin: string } | undefined {
  return hasAwsProfile(environment) ? { text: KEYSPACES, origin: "SPRING_PROFILES_ACTIVE" } : undefined;
}

export function hasAwsProfile({ SPRING_PROFILES_ACTIVE: profiles }: Environment): boolean {
  return profiles?.split(",").some((profile) => profile.trim() === AWS_PROFILE) ?? false;
}

/** The variable that says the data is in Cassandra; undefined if none does. */
export function endpointsAskedBy(environment: Environment): string | undefined {
  return environment.CASSANDRA_ENDPOINTS ? "CASSANDRA_ENDPOINTS" : profileOfAws(environment)?.origin;
}
