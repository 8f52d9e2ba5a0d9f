import type { StackKind } from "../../domain/deployment/stacks.ts";
import type { Template } from "../../domain/deployment/template.ts";
import type {
  Account,
  FargateTasks,
  ImageMaker,
  Keyspaces,
  Logs,
  Registry,
  Services,
  Stacks,
} from "./ports.ts";
import type { Run } from "./run.ts";

/** Everything that the use cases of deployment need. */
export interface Engine {
  readonly run: Run;
  readonly templates: Readonly<Record<StackKind, Template>>;
  readonly stacks: Stacks;
  readonly registry: Registry;
  readonly services: Services;
  readonly tasks: FargateTasks;
  readonly logs: Logs;
  readonly account: Account;
  readonly keyspaces: Keyspaces;
  readonly images: ImageMaker;
}
