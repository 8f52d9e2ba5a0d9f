import type { Health } from "./health.ts";
import type { Clock, Log } from "./ports.ts";

/** An alarm of the deployment counts this logger's lines (deploy/ecs.yaml). */
export const HEALTH_LOGGER = "todos.health";
/** How often the line is repeated while an instance is not ready, ms, so that an alarm over a minute's lines stays on. */
export const STILL_DOWN_EVERY_MS = 30_000;

/**
 * Logs when an instance stops being ready because a component is down, repeatedly while that lasts,
 * and when it is ready again. An instance that has just started gets the same interval before the first line.
 * Draining is logged elsewhere.
 */
export class HealthLog {
  private saidAt: number;
  private wasUp = false;
  private saidDown = false;

  constructor(
    private readonly health: Health,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.saidAt = clock.now();
  }

  /** Call after each check. */
  tell(): void {
    const status = this.health.group("readiness");
    if (status === "DOWN") this.tellDown();
    else if (this.saidDown) {
      this.saidDown = false;
      this.log.info("ready again", { status });
    }
    this.wasUp = status !== "DOWN";
  }

  private tellDown(): void {
    const now = this.clock.now();
    if (!this.wasUp && now - this.saidAt < STILL_DOWN_EVERY_MS) return;
    this.saidAt = now;
    this.saidDown = true;
    this.log.warn("not ready", { status: "DOWN", reasons: this.reasons() });
  }

  private reasons(): Readonly<Record<string, unknown>> {
    const down = this.health
      .componentNames()
      .map((name) => ({ name, component: this.health.component(name) }))
      .filter(({ component }) => component?.status === "DOWN");
    return Object.fromEntries(down.map(({ name, component }) => [name, component?.details?.reason]));
  }
}
