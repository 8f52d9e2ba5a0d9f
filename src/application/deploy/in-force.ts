import { behaviourOf } from "../../domain/deployment/stack-status.ts";
import type { StackKind } from "../../domain/deployment/stacks.ts";
import type { Engine } from "./engine.ts";
import type { StackState } from "./ports.ts";

/** A parameter's value after a deploy: what is asked for, else what the stack has, else the template's. */
export function inForce<Kind extends StackKind>(
  {
    run,
    templates,
  }: { readonly run: Pick<Engine["run"], "names">; readonly templates: Pick<Engine["templates"], Kind> },
  states: ReadonlyMap<string, StackState | undefined>,
  kind: Kind,
  name: string,
  asked: string | undefined,
): string {
  const state = states.get(run.names.stack(kind));
  return asked ?? kept(state)?.parameters[name] ?? templates[kind].parameters.get(name)?.fallback ?? "";
}

/** A stack that is made again keeps nothing. */
function kept(state: StackState | undefined): StackState | undefined {
  const behaviour = behaviourOf(state?.status);
  return behaviour === "create" || behaviour === "take over" || behaviour === "clean" ? undefined : state;
}
