import type { Family } from "./families.ts";
import { single } from "./families.ts";
import * as stats from "./process-stats.ts";

const NANOSECONDS_PER_SECOND = 1e9;

export interface ProcessFacts {
  /** A folder on the file system whose free space is reported. */
  readonly diskPath: string;
  readonly build: { readonly version: string; readonly commit: string; readonly bun: string };
}

/** What is reported of the process, its host and its build. */
export function processFamilies({ diskPath, build }: ProcessFacts, cpuUsage: () => number): Family[] {
  return [
    ...processorFamilies(cpuUsage),
    ...memoryAndFiles(),
    ...timeAndBuild(build),
    ...diskFamilies(diskPath),
  ];
}

function processorFamilies(cpuUsage: () => number): Family[] {
  return [
    single(
      {
        kind: "counter",
        description: "Processor time of the process, user and system, in seconds",
        prometheus: "process_cpu_seconds_total",
      },
      stats.cpuSeconds,
    ),
    single(
      {
        kind: "counter",
        description: "Processor time of the process, user and system",
        micrometer: "process.cpu.time",
        baseUnit: "ns",
      },
      () => Math.round(stats.cpuSeconds() * NANOSECONDS_PER_SECOND),
    ),
    gauge(
      "Recent share of all processors that the process took",
      undefined,
      "process.cpu.usage",
      undefined,
      cpuUsage,
    ),
    gauge("Processors available to the process", undefined, "system.cpu.count", undefined, stats.cpuCount),
    gauge(
      "Load average of the last minute",
      undefined,
      "system.load.average.1m",
      undefined,
      stats.loadAverage1m,
    ),
  ];
}

function memoryAndFiles(): Family[] {
  return [
    gauge(
      "Resident memory of the process",
      "process_resident_memory_bytes",
      "process.memory.resident",
      "bytes",
      stats.residentMemoryBytes,
    ),
    gauge("Open file descriptors", "process_open_fds", "process.files.open", "files", stats.openFiles),
    gauge(
      "Most file descriptors allowed",
      "process_max_fds",
      "process.files.max",
      "files",
      stats.openFilesMax,
    ),
  ];
}

function timeAndBuild(build: ProcessFacts["build"]): Family[] {
  const labels = [
    ["version", build.version],
    ["commit", build.commit],
    ["bun", build.bun],
  ] as const;
  return [
    gauge(
      "When the process began, seconds since the Unix epoch",
      "process_start_time_seconds",
      "process.start.time",
      "seconds",
      stats.startTimeSeconds,
    ),
    gauge("How long the process has run", undefined, "process.uptime", "seconds", stats.uptimeSeconds),
    {
      kind: "gauge",
      description: "What this program was built from; always 1",
      prometheus: "todos_build_info",
      series: () => [{ labels, tags: labels, value: 1 }],
    },
  ];
}

function diskFamilies(diskPath: string): Family[] {
  const tags = [["path", diskPath]] as const;
  return [
    single(
      {
        kind: "gauge",
        description: "Bytes still free where the data is",
        prometheus: "todos_disk_free_bytes",
        micrometer: "disk.free",
        baseUnit: "bytes",
      },
      () => stats.diskSpace(diskPath)?.freeBytes,
      tags,
    ),
    single(
      {
        kind: "gauge",
        description: "Size in bytes of the file system where the data is",
        prometheus: "todos_disk_total_bytes",
        micrometer: "disk.total",
        baseUnit: "bytes",
      },
      () => stats.diskSpace(diskPath)?.totalBytes,
      tags,
    ),
  ];
}

function gauge(
  description: string,
  prometheus: string | undefined,
  micrometer: string | undefined,
  baseUnit: string | undefined,
  value: () => number | undefined,
): Family {
  return single(
    {
      kind: "gauge",
      description,
      ...(prometheus === undefined ? {} : { prometheus }),
      ...(micrometer === undefined ? {} : { micrometer }),
      ...(baseUnit === undefined ? {} : { baseUnit }),
    },
    value,
  );
}
