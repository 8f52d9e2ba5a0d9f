import type { ImageArchitecture } from "../../application/deploy/images.ts";
import { DATA_FOLDER, USER_ID } from "./program-layer.ts";

/** An image has the same bytes whenever it is built, so it contains no time. */
const NO_TIME = "1970-01-01T00:00:00Z";
const SECOND_NS = 1_000_000_000;
const PROGRAM = "todos";

/** Longer than clients cache the private name: a stopping instance accepts requests until no more arrive. */
const ENVIRONMENT = [
  "PATH=/usr/local/bin",
  "TODOS_HOST=0.0.0.0",
  `TODOS_SQLITE_PATH=/${DATA_FOLDER}/todos.db`,
  "TODOS_DRAIN_DELAY_MS=20000",
];

export const ENTRYPOINT = [PROGRAM];

interface ConfigParts {
  readonly architecture: ImageArchitecture;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the layers, from the base up. */
  readonly diffIds: readonly string[];
}

/** Configuration of an image, as the OCI's JSON; the health check is Docker's and Podman's addition to it. */
export function imageConfig({ architecture, labels, diffIds }: ConfigParts): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    created: NO_TIME,
    architecture,
    os: "linux",
    config: {
      User: `${USER_ID}:${USER_ID}`,
      ExposedPorts: { "8181/tcp": {} },
      Env: ENVIRONMENT,
      Entrypoint: ENTRYPOINT,
      Volumes: { [`/${DATA_FOLDER}`]: {} },
      WorkingDir: "/",
      Labels: Object.fromEntries(sorted),
      Healthcheck: {
        Test: ["CMD", PROGRAM, "healthcheck"],
        Interval: 10 * SECOND_NS,
        Timeout: 5 * SECOND_NS,
        StartPeriod: 30 * SECOND_NS,
      },
    },
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, index) => ({
      created: NO_TIME,
      created_by: index === diffIds.length - 1 ? PROGRAM : "base",
    })),
  });
}
