import type { Management } from "../../adapters/http/kernel/services.ts";
import type { Config } from "../../config.ts";

/** What of the actuator is on the service's own port beside health. */
export function managementOf({
  managementPort,
  actuatorWrites,
}: Pick<Config, "managementPort" | "actuatorWrites">): Management {
  if (managementPort !== undefined) return "none";
  return actuatorWrites ? "writable" : "read-only";
}
