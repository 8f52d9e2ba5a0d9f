export type HealthStatus = "UP" | "DOWN" | "OUT_OF_SERVICE";

export interface ComponentHealth {
  readonly status: HealthStatus;
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Checks one component; an error means DOWN. */
export type Probe = () => Promise<Readonly<Record<string, unknown>>> | Readonly<Record<string, unknown>>;

/** A component is DOWN after this many failed probes in a row, and UP again after this many good ones. */
export const PROBES_TO_TURN = 2;
export const PROBE_INTERVAL_MS = 2_000;

const NO_ANSWER: ComponentHealth = { status: "DOWN", details: { reason: "no answer since the last check" } };

export const HEALTH_GROUPS = ["liveness", "readiness", "startup"] as const;
export type HealthGroup = (typeof HEALTH_GROUPS)[number];

/** A component's status with hysteresis, so that one slow answer does not take an instance out of service. */
class Component {
  private streak = 0;
  private looked = false;
  private looking = false;
  current: ComponentHealth;

  constructor(
    private readonly probe: Probe,
    assumed: HealthStatus,
  ) {
    this.current = { status: assumed, details: { reason: "not checked yet" } };
  }

  /** If the previous check is still running, this one counts as failed: a component that hangs is not UP. */
  async look(): Promise<void> {
    if (this.looking) return this.count(NO_ANSWER);
    // The first result counts at once: there is no earlier status to flap against.
    const atOnce = !this.looked;
    this.looked = true;
    this.looking = true;
    const seen = await this.probeOnce();
    this.looking = false;
    this.count(seen, atOnce);
  }

  private count(seen: ComponentHealth, atOnce = false): void {
    this.streak = seen.status === this.current.status ? 0 : this.streak + 1;
    if (!atOnce && this.streak > 0 && this.streak < PROBES_TO_TURN) return;
    this.streak = 0;
    this.current = seen;
  }

  private async probeOnce(): Promise<ComponentHealth> {
    try {
      return { status: "UP", details: await this.probe() };
    } catch (error) {
      return { status: "DOWN", details: { reason: error instanceof Error ? error.message : String(error) } };
    }
  }
}

/**
 * The service's own health. Liveness depends on nothing; readiness on the store and on not
 * draining; startup is UP from the first time the service was ready until the process ends.
 */
export class Health {
  private readonly components = new Map<string, Component>();
  private draining = false;
  private started = false;

  /**
   * @param assumed the status of every component until the first check
   * @param essential the components that readiness depends on
   */
  constructor(
    probes: Readonly<Record<string, Probe>>,
    assumed: HealthStatus,
    private readonly essential: readonly string[] = ["store"],
  ) {
    for (const [name, probe] of Object.entries(probes))
      this.components.set(name, new Component(probe, assumed));
    this.started = this.readiness() === "UP";
  }

  /** Checks every component once. */
  async look(): Promise<void> {
    await Promise.all([...this.components.values()].map((component) => component.look()));
    this.started ||= this.readiness() === "UP";
  }

  drain(): void {
    this.draining = true;
  }

  /** The overall status: the worst of all components. */
  overall(): HealthStatus {
    const down = [...this.components.values()].some((component) => component.current.status === "DOWN");
    return down ? "DOWN" : this.draining ? "OUT_OF_SERVICE" : "UP";
  }

  group(name: HealthGroup): HealthStatus {
    if (name === "liveness") return "UP";
    if (name === "startup") return this.started ? "UP" : "DOWN";
    return this.readiness();
  }

  component(name: string): ComponentHealth | undefined {
    return this.components.get(name)?.current;
  }

  componentNames(): readonly string[] {
    return [...this.components.keys()];
  }

  private readiness(): HealthStatus {
    const down = this.essential.some((name) => this.component(name)?.status === "DOWN");
    return down ? "DOWN" : this.draining ? "OUT_OF_SERVICE" : "UP";
  }
}
