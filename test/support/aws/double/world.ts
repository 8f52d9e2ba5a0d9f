import { createHash } from "node:crypto";
import type { ServiceClock } from "./clock.ts";
import type { Fields } from "./fields.ts";

/** A resource in the account, no matter who created it. */
export interface Physical {
  readonly type: string;
  /** What `Ref` gives. */
  readonly id: string;
  /** What `GetAtt` gives. */
  attributes: Fields;
  properties: Fields;
  /** Equal for two resources of one type that can't exist together. */
  readonly identity: string;
  readonly identifier: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  /** Columns of a table that a migration added, not its stack. */
  addedColumns?: readonly Fields[];
  /** The stack that manages it, or none after a stack has left it behind. */
  owner: { readonly stackId: string; readonly stackName: string; readonly logicalId: string } | undefined;
}

/** What services tell CloudFormation about obstacles. */
export interface Facts {
  readonly imagesIn: (repositoryName: string) => number;
  readonly activeTasksIn: (clusterName: string) => number;
}

/** An account in one region: what exists, the time, and the next free id. */
export class World {
  readonly accountId = "111122223333";
  readonly region: string;
  readonly clock: ServiceClock;
  /** The last revision of each family of task definitions. */
  readonly revisions = new Map<string, number>();
  /** Names of alarms that are on. */
  readonly alarms = new Set<string>();
  facts: Facts = { imagesIn: () => 0, activeTasksIn: () => 0 };
  readonly #resources = new Map<string, Physical>();
  #made = 0;

  constructor(region: string, clock: ServiceClock) {
    this.region = region;
    this.clock = clock;
  }

  /** Returns digits that look random and are the same in every run. @param length hexadecimal digits, at most 64 */
  hex(length: number): string {
    return createHash("sha256")
      .update(`id ${++this.#made}`)
      .digest("hex")
      .slice(0, length);
  }

  uuid(): string {
    return this.hex(32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }

  arn(service: string, resource: string, region = this.region): string {
    return `arn:aws:${service}:${region}:${this.accountId}:${resource}`;
  }

  all(type?: string): Physical[] {
    const found = [...this.#resources.values()];
    return type === undefined ? found : found.filter((one) => one.type === type);
  }

  find(type: string, id: string | undefined): Physical | undefined {
    return id === undefined ? undefined : this.#resources.get(`${type}|${id}`);
  }

  withIdentity(type: string, identity: string): Physical | undefined {
    return this.all(type).find((one) => one.identity === identity);
  }

  add(physical: Physical): void {
    this.#resources.set(`${physical.type}|${physical.id}`, physical);
  }

  remove(type: string, id: string): void {
    this.#resources.delete(`${type}|${id}`);
  }
}
