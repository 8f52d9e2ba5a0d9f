import { MIGRATION_DEADLINE_MS } from "../../domain/deployment/durations.ts";
import { outcomeOf } from "../../domain/deployment/stack-status.ts";
import { STACK_KINDS, STACKS, type StackKind, type StackOutputs } from "../../domain/deployment/stacks.ts";
import { lastPartOf } from "../../lib/arn.ts";
import { accountsInForce } from "./accounts-in-force.ts";
import { applyStack } from "./apply-stack.ts";
import type { Engine } from "./engine.ts";
import { DeployError, Interrupted, TO_ANOTHER_IMAGE } from "./errors.ts";
import type { DeployStep } from "./events.ts";
import type { Followed } from "./follow.ts";
import { type OneOffPlace, runOneOff } from "./one-off.ts";
import { digestOf, goodDigests, goodTag, imageTag, outputOf } from "./outcome.ts";
import {
  type DeploymentPlan,
  migrationUsualMs,
  outputsOf,
  type PlanInputs,
  parametersFor,
} from "./planning.ts";
import type { LocalImage, StackState, TaskState } from "./ports.ts";
import { awaitDeployment, type ServiceParts, ServiceWatch, serviceFailed } from "./service.ts";
import { ensureServiceRoles, ROLE_NOT_READY } from "./service-roles.ts";
import { architectureOf } from "./settings-of.ts";
import { smokeTasks } from "./smoke.ts";

/** The source of a deploy's image: built here, or already in the registry. */
export interface ImageSource {
  readonly digest: string;
  /** Absent if the registry has it. */
  readonly local?: LocalImage;
}

export interface Deployed {
  readonly digest: string;
  readonly outputs: StackOutputs;
  readonly tasks: readonly TaskState[];
}

const BEFORE_SERVICE = STACK_KINDS.filter((kind) => kind !== "ecs");
const DIGEST_LOOKS_MAX = 20;

interface Stage {
  /** The step that begins with it, of the eight. */
  readonly step?: DeployStep;
  readonly work: () => Promise<void>;
}

/** One confirmed plan being executed. */
export class Rollout {
  private readonly outputs: Partial<Record<StackKind, Readonly<Record<string, string>>>>;
  /** Stacks that were changed, so that the inputs of their successors may differ from the plan's. */
  private readonly changed = new Set<StackKind>();
  private serviceTouched = false;
  private watched: ServiceWatch | undefined;
  /** Those of our deployment, once it is complete. */
  private tasks: readonly TaskState[] = [];

  constructor(
    private readonly engine: Engine,
    private readonly image: ImageSource,
    private readonly plan: DeploymentPlan,
    private readonly inputs: PlanInputs,
  ) {
    this.outputs = { ...outputsOf(engine, inputs.states) };
  }

  /** The stages of a confirmed plan, in order. A stage without a step belongs to the previous one. */
  private readonly stages: readonly Stage[] = [
    { step: "apply", work: () => this.applyBeforeService() },
    { work: () => this.push() },
    { work: () => this.migrate() },
    { work: () => this.applyService() },
    { step: "service", work: () => this.awaitTasks() },
    { step: "smoke", work: () => this.smoke() },
    { work: () => this.rememberGood() },
    { step: "done", work: async () => this.report() },
  ];

  async carryOut(): Promise<Deployed> {
    for (const { step, work } of this.stages) {
      if (step) this.engine.run.step(step);
      await work();
    }
    return { digest: this.image.digest, outputs: this.outputs, tasks: this.tasks };
  }

  /** The previous image, if the service was already changed; its stack rolls back what is half done. */
  async undo(): Promise<void> {
    const { run } = this.engine;
    const before = this.servedUri();
    run.ignoreInterrupts();
    if (!this.serviceTouched || before === undefined) {
      const text =
        "rolled back the operation in progress; stacks that were complete stay, and todos destroy deletes all of them";
      return run.reporter.report({ event: "note", text });
    }
    run.reporter.report({ event: "note", text: `returning to ${digestOf(before)}` });
    const state = await this.applyKind("ecs", this.inputsOfBefore(before), undefined, true);
    const watch = new ServiceWatch(this.serviceParts());
    await awaitDeployment(
      outputOf(state.outputs, "TaskDefinitionArn", state.stack),
      watch,
      this.serviceParts(),
    );
    run.reporter.report({ event: "note", text: `the service runs ${digestOf(before)} again` });
  }

  private async applyBeforeService(): Promise<void> {
    const isUpdate = this.plan.cluster.action === "update" || this.plan.cluster.action === "none";
    if (!isUpdate || this.plan.ecs.action === "create") await ensureServiceRoles(this.engine);
    for (const kind of BEFORE_SERVICE) await this.apply(kind);
  }

  private async apply(kind: StackKind, watch?: ServiceWatch): Promise<void> {
    // Nothing to do, and none of its inputs has changed.
    const isFollowing = STACKS[kind].predecessors.some((predecessor) => this.changed.has(predecessor));
    if (this.plan[kind].action === "none" && !isFollowing) return;
    const before = this.outputs[kind];
    const state = await this.applyKind(kind, { ...this.inputs, imageUri: this.imageUri() }, watch);
    this.outputs[kind] = state.outputs;
    if (this.plan[kind].action !== "none" || JSON.stringify(before) !== JSON.stringify(state.outputs))
      this.changed.add(kind);
  }

  private applyKind(
    kind: StackKind,
    inputs: PlanInputs,
    watch?: ServiceWatch,
    goingBack = false,
  ): Promise<StackState> {
    const { settings } = inputs;
    const plan = this.plan[kind];
    return applyStack(
      {
        // Rolling back shows nothing new: it is the confirmed change in reverse.
        plan: goingBack ? { ...plan, basis: "template", changes: undoing(plan) } : plan,
        template: this.engine.templates[kind],
        parameters: parametersFor(kind, this.engine, inputs, this.outputs),
        tags: settings.tags,
        ...(watch && {
          watch: (events) => watch.look(events),
          watchAgain: () => watch.startAgain(),
          retryable: (followed) => !failedByService(followed),
        }),
      },
      this.engine,
    );
  }

  /** The watch shows a failing task at once; the stack's own failure follows half an hour later. */
  private async applyService(): Promise<void> {
    this.serviceTouched = true;
    const watch = this.watch();
    try {
      await this.apply("ecs", watch);
    } catch (error) {
      if (error instanceof Interrupted || !watch.hasFailed) throw error;
      const { services } = this.engine;
      const { cluster, service } = this.serviceParts();
      const state = await services.service(cluster, service);
      const active = state?.status === "ACTIVE" ? state : undefined;
      throw serviceFailed(watch, active && (await services.imageOf(active.taskDefinition)));
    }
  }

  private async push(): Promise<void> {
    const { images, registry, run } = this.engine;
    const { digest, local } = this.image;
    if (local === undefined) {
      const there = await registry.images(run.names.repository);
      if (there.some((each) => each.digest === digest)) return;
      throw new DeployError("image", `the registry no longer has the image ${digest}`, TO_ANOTHER_IMAGE);
    }
    // Also if the image exists: an earlier run may have been killed before it sent the bill of materials.
    const login = await registry.login();
    const onProgress = (bytesDone: number, bytesTotal: number) =>
      run.reporter.report({ event: "push", bytesDone, bytesTotal });
    await run.during((signal, touch) =>
      images.push(local, {
        repository: run.names.repository,
        tag: imageTag(digest),
        login,
        signal,
        onProgress: (done, total) => {
          touch();
          onProgress(done, total);
        },
      }),
    );
  }

  /** One for the whole rollout: it knows which deployment is ours. */
  private watch(): ServiceWatch {
    this.watched ??= new ServiceWatch(this.serviceParts());
    return this.watched;
  }

  private async awaitTasks(): Promise<void> {
    const taskDefinition = this.output("ecs", "TaskDefinitionArn");
    this.tasks = await awaitDeployment(taskDefinition, this.watch(), this.serviceParts());
    await this.checkDigests(this.tasks);
  }

  private async smoke(): Promise<void> {
    const deployment = this.watch().deployment ?? this.output("ecs", "TaskDefinitionArn");
    const hasAccounts = accountsInForce(this.engine, this.inputs.states, this.inputs.settings);
    await smokeTasks(this.tasks, { deployment, hasAccounts }, this.place(), this.engine);
  }

  private async migrate(): Promise<void> {
    // The running image was migrated for when it was deployed, and so was one to return to: it works with the
    // schema of a later release, which its own migrate would refuse.
    if (this.servedUri() === this.imageUri() || this.image.local === undefined) return;
    const work = {
      purpose: "migrate",
      command: ["migrate"],
      about: `migrate ${this.image.digest}`,
      usualMs: migrationUsualMs(Object.values(this.plan)),
      deadlineMs: MIGRATION_DEADLINE_MS,
    };
    await runOneOff(work, this.place(), this.engine);
  }

  /** Every task runs the image that was deployed; what ECS pulled is what it says, not what was asked for. */
  private async checkDigests(found: readonly TaskState[]): Promise<void> {
    const { tasks, run } = this.engine;
    let running = found;
    for (let look = 0; look < DIGEST_LOOKS_MAX; look++) {
      const other = running.find(
        ({ imageDigest }) => imageDigest !== undefined && imageDigest !== this.image.digest,
      );
      if (other) {
        throw new DeployError(
          "service",
          `task ${lastPartOf(other.arn)} runs ${other.imageDigest}, but ${this.image.digest} was deployed`,
          "someone else changed the service: check todos status, then run todos deploy again",
        );
      }
      if (running.every(({ imageDigest }) => imageDigest !== undefined)) return;
      await run.pause();
      running = await tasks.describe(
        this.serviceParts().cluster,
        found.map(({ arn }) => arn),
      );
    }
    throw new DeployError(
      "service",
      "ECS does not report which image its tasks run",
      "run todos deploy again; it changes nothing else",
    );
  }

  /** So that a rollback finds it by its tag, without any other state. */
  private async rememberGood(): Promise<void> {
    const { registry, run } = this.engine;
    const { digest } = this.image;
    if (goodDigests(await registry.images(run.names.repository))[0] === digest) return;
    await registry.tag(run.names.repository, digest, goodTag(run.now()), await registry.login());
  }

  private report(): void {
    const url = this.output("ecs", "PrivateUrl");
    this.engine.run.reporter.report({
      event: "done",
      digest: this.image.digest,
      url,
      text: `${this.image.digest} is deployed: every task runs it and passed the smoke test`,
      next: ["todos status", "todos logs --follow"],
    });
  }

  /** The image that the service's stack had before this run. */
  private servedUri(): string | undefined {
    const state = this.inputs.states.get(this.engine.run.names.stack("ecs"));
    return state && outcomeOf(state.status) !== "gone" ? state.parameters.ImageUri : undefined;
  }

  /** The architecture is the image's. */
  private inputsOfBefore(imageUri: string): PlanInputs {
    const { settings, states } = this.inputs;
    const before = architectureOf(states.get(this.engine.run.names.stack("ecs")));
    return { ...this.inputs, imageUri, settings: { ...settings, ...(before && { architecture: before }) } };
  }

  private imageUri(): string {
    const uri = this.outputs.registry?.RepositoryUri;
    return uri === undefined ? this.inputs.imageUri : `${uri}@${this.image.digest}`;
  }

  private place(): OneOffPlace {
    return placeOf(this.engine, this.outputs);
  }

  private serviceParts(): ServiceParts {
    return servicePartsOf(this.engine, this.outputs);
  }

  private output(kind: StackKind, name: string): string {
    return outputOf(this.outputs[kind] ?? {}, name, this.engine.run.names.stack(kind));
  }
}

/** Where one-off tasks run. */
export function placeOf(
  { run: { names } }: Engine,
  { network = {}, cluster = {} }: StackOutputs,
): OneOffPlace {
  const ofNetwork = (name: string) => outputOf(network, name, names.stack("network"));
  const ofCluster = (name: string) => outputOf(cluster, name, names.stack("cluster"));
  return {
    cluster: ofCluster("ClusterName"),
    taskDefinition: ofCluster("OneOffTaskDefinitionArn"),
    logGroup: ofCluster("LogGroupName"),
    subnets: ofNetwork("SubnetIds").split(","),
    securityGroup: ofNetwork("ServiceSecurityGroupId"),
  };
}

export function servicePartsOf(engine: Engine, { cluster = {} }: StackOutputs): ServiceParts {
  const { names } = engine.run;
  return {
    ...engine,
    cluster: outputOf(cluster, "ClusterName", names.stack("cluster")),
    logGroup: outputOf(cluster, "LogGroupName", names.stack("cluster")),
    service: names.service,
  };
}

function undoing({ changes }: DeploymentPlan[StackKind]): DeploymentPlan[StackKind]["changes"] {
  return changes.map((change) => ({ ...change, action: "modify", replacement: "yes" }));
}

/** Whether failing tasks prevented a stack's creation: the same image fails again. */
function failedByService({ failures }: Followed): boolean {
  return failures.some(({ type, reason }) => type === "AWS::ECS::Service" && !ROLE_NOT_READY.test(reason));
}
