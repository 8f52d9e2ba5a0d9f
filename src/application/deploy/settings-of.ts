import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import type { Engine } from "./engine.ts";
import type { Architecture } from "./ports.ts";

/** The settings asked for, with the architecture of the running service if none is named. */
export async function withArchitecture(
  { run, stacks }: Pick<Engine, "run" | "stacks">,
  settings: Omit<DeploymentSettings, "architecture"> & { readonly architecture?: Architecture },
  own: Architecture,
): Promise<DeploymentSettings> {
  if (settings.architecture !== undefined) return { ...settings, architecture: settings.architecture };
  const state = await stacks.describe(run.names.stack("ecs"));
  const deployed = state?.parameters.Architecture;
  return {
    ...settings,
    architecture: deployed === undefined ? own : deployed === "ARM64" ? "arm64" : "amd64",
  };
}
