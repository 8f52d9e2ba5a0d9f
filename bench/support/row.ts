/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly unit: string;
  readonly todos: number;
  /** The limit program's figure, and which program that is. */
  readonly limit?: { readonly value: number; readonly name: string };
  readonly peer?: number;
  readonly goal?: Goal;
  /** Anything else worth a glance. */
  readonly note?: string;
}

export interface Goal {
  readonly text: string;
  /** What was compared with the goal, in words. */
  readonly reached: string;
  readonly met: boolean;
}

/** What every measurement gets to work with. */
export interface Bench {
  readonly folder: string;
  readonly rounds: number;
  /** Length of one load, s. */
  readonly seconds: number;
  readonly startsPerProgram: number;
  /** Rows in the databases that pages are read from. */
  readonly pageRows: readonly number[];
  readonly cassandra: CassandraPlan;
  readonly peer: import("./go-peer.ts").GoPeer | undefined;
}

/** How much of the Cassandra part is measured. */
export interface CassandraPlan {
  readonly rounds: number;
  readonly connections: readonly number[];
  /** What every contestant does before the measurement. */
  readonly warmUp: readonly Pick<import("../limit/cassandra-loop.ts").Order, "kind" | "seconds">[];
  /** Instances that write to one list at once. */
  readonly hotListInstances: number;
  /** Longest time spent on the requests before memory is read, s. */
  readonly memorySecondsMax: number;
}

export function atMost(value: number, most: number, unit: string): Goal {
  return { text: `≤ ${most} ${unit}`, reached: `${value.toFixed(1)} ${unit}`, met: value <= most };
}

export function ratioGoal(text: string, ratio: number, met: boolean): Goal {
  return { text, reached: ratio.toFixed(2), met };
}
