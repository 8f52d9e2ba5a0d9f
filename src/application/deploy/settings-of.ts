import type { DeploymentSettings } from "../../domain/deployment/settings.ts";
import type { Engine } from "./engine.ts";
import type { Architecture, StackState } from "./ports.ts";

/** The settings asked for, with the architecture of the running service if none is named. */
export async function withArchitecture(
  { run, stacks }: Pick<Engine, "run" | "stacks">,
  settings: Omit<DeploymentSettings, "architecture"> & { readonly architecture?: Architecture },
  own: Architecture,
): Promise<DeploymentSettings> {
  if (settings.architecture !== undefined) return { ...settings, architecture: settings.architecture };
  const state = await stacks.describe(run.names.stack("ecs"));
  return { ...settings, architecture: architectureOf(state) ?? own };
}

/** Of the tasks that a service's stack describes. */
export function architectureOf(state: StackState | undefined): Architecture | undefined {
  const deployed = state?.parameters.Architecture;
  if (deployed === undefined) return undefined;
  return deployed === "ARM64" ? "arm64" : "amd64";
}
