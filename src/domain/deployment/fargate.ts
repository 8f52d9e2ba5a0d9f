const STEP = 1_024;
/**
 * Memory that Fargate offers by CPU units, MiB. Source: Amazon ECS Developer Guide, "Amazon ECS task definition
 * parameters for Fargate", "Task size".
 */
const MEMORY: ReadonlyMap<number, readonly number[]> = new Map([
  [256, [512, 1_024, 2_048]],
  [512, steps(1_024, 4_096)],
  [1_024, steps(2_048, 8_192)],
  [2_048, steps(4_096, 16_384)],
  [4_096, steps(8_192, 30_720)],
]);

/** CPU units that a task may have, as the templates list them. */
export const CPU_UNITS: readonly string[] = [...MEMORY.keys()].map(String);

export interface TaskSize {
  readonly cpu: number;
  readonly memory: number;
}

/** @returns what is wrong with a task's size; undefined: nothing */
export function sizeMistake({ cpu, memory }: TaskSize): string | undefined {
  const offered = MEMORY.get(cpu);
  if (offered === undefined) return `there are no tasks of ${cpu} CPU units, only of ${CPU_UNITS.join(", ")}`;
  if (offered.includes(memory)) return undefined;
  return `Fargate offers no task of ${cpu} CPU units and ${memory} MiB of memory; with ${cpu} units it offers ${inWords(offered)} MiB`;
}

function inWords(offered: readonly number[]): string {
  const [first = 0, second = 0] = offered;
  const last = offered.at(-1) ?? 0;
  return offered.length > 3 && second - first === STEP
    ? `${first} to ${last} in steps of ${STEP}`
    : offered.join(", ");
}

function steps(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / STEP + 1 }, (_, index) => from + index * STEP);
}
