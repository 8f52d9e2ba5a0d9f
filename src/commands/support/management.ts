import type { Management } from "../../adapters/http/kernel/services.ts";
import type { Config } from "../../config.ts";

/** The parts of the actuator on the service's own port, in addition to health. */
export function managementOf({
  managementPort,
  actuatorWrites,
}: Pick<Config, "managementPort" | "actuatorWrites">): Management {
  if (managementPort !== undefined) return "none";
  return actuatorWrites ? "writable" : "read-only";
}
