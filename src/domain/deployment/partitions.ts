/**
 * Regions outside AWS's commercial partition, by how their names begin. Names of endpoint services, domains and home
 * regions of global services differ there. Source: AWS General Reference, "AWS Regions and Endpoints".
 */
const OTHER_PARTITIONS: readonly (readonly [prefix: string, name: string])[] = [
  ["cn-", "AWS China"],
  ["us-gov-", "AWS GovCloud (US)"],
  ["us-iso", "an isolated partition of AWS"],
  ["eu-iso", "an isolated partition of AWS"],
  ["eusc-", "the AWS European Sovereign Cloud"],
];

/** @returns the partition's name for people, where todos can't deploy to it; undefined: it can */
export function unsupportedPartition(region: string): string | undefined {
  return OTHER_PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1];
}
