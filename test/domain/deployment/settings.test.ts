import { expect, test } from "bun:test";
import { readTemplate } from "../../../src/adapters/aws/template-reader.ts";
import { TEMPLATES } from "../../../src/adapters/aws/templates.ts";
import { CPU_UNITS, sizeMistake } from "../../../src/domain/deployment/fargate.ts";
import { LOG_RETENTION_DAYS, TASKS_MAX } from "../../../src/domain/deployment/settings.ts";

function parameter(kind: "cluster" | "ecs", name: string): Readonly<Record<string, unknown>> {
  const { Parameters } = readTemplate(TEMPLATES[kind]).document as {
    readonly Parameters: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Parameters[name] ?? {};
}

test("what the command line accepts is what the templates accept", () => {
  expect(parameter("cluster", "LogRetentionDays").AllowedValues).toEqual(LOG_RETENTION_DAYS);
  for (const kind of ["cluster", "ecs"] as const)
    expect(parameter(kind, "TaskCpu").AllowedValues).toEqual(CPU_UNITS);
  for (const name of ["MinTasks", "MaxTasks"])
    expect(parameter("ecs", name)).toMatchObject({ MinValue: 1, MaxValue: TASKS_MAX });
});

test("Fargate's sizes: the minimum and maximum memory of each CPU are offered, and nothing else", () => {
  const ends = {
    256: [512, 2_048],
    512: [1_024, 4_096],
    1024: [2_048, 8_192],
    2048: [4_096, 16_384],
    4096: [8_192, 30_720],
  };
  for (const [units, [least = 0, most = 0]] of Object.entries(ends)) {
    const cpu = Number(units);
    const offered = (memory: number) => sizeMistake({ cpu, memory }) === undefined;
    expect([least, most].map(offered)).toEqual([true, true]);
    expect([least - 512, least + 256, most + 1_024].map(offered)).toEqual([false, false, false]);
  }
  expect(sizeMistake({ cpu: 300, memory: 512 })).toContain("only of 256, 512, 1024, 2048, 4096");
});
