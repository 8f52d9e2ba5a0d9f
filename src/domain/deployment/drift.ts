/** A difference between a resource and its stack, as CloudFormation found it. */
export interface PropertyDrift {
  /** `/RegularColumns/4` */
  readonly path: string;
  readonly how: "added" | "removed" | "changed";
  readonly expected: string;
  readonly actual: string;
}

export interface ResourceDrift {
  readonly logicalId: string;
  readonly type: string;
  readonly state: "modified" | "deleted";
  readonly differences: readonly PropertyDrift[];
}

/** A resource without its expected differences; undefined if no other is left. */
export function unintendedDrift(drift: ResourceDrift): ResourceDrift | undefined {
  if (drift.state === "deleted") return drift;
  const differences = drift.differences.filter((each) => !isIntended(drift.type, each));
  // A resource that CloudFormation calls modified without details is shown unchanged.
  return differences.length === 0 && drift.differences.length > 0 ? undefined : { ...drift, differences };
}

function isIntended(type: string, { path, how }: PropertyDrift): boolean {
  switch (type) {
    case "AWS::Cassandra::Table":
      // Migrations add columns outside the stack, by design.
      return how === "added" && path.startsWith("/RegularColumns");
    case "AWS::ECS::TaskDefinition":
      // A revision can't be changed, but CloudFormation reads some of it wrongly:
      // https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1455
      return !path.startsWith("/Tags");
    default:
      return false;
  }
}
