import type { Clock } from "../../../application/ports.ts";
import { StoreOpenError } from "../../../application/store-open-error.ts";
import { milliseconds, optionalText, whole } from "../rows.ts";
import type { Row, Session } from "../session.ts";

export interface LeaseTimes {
  /** How long a lease lasts without renewal, ms. */
  readonly lastsMs: number;
  readonly renewEveryMs: number;
  /** How far apart the clocks of two migrators may be, ms: another one waits this much longer. */
  readonly skewMs: number;
  /** How often a waiting migrator checks, ms. */
  readonly lookEveryMs: number;
}

export const LEASE_TIMES: LeaseTimes = {
  lastsMs: 30_000,
  renewEveryMs: 10_000,
  skewMs: 5_000,
  lookEveryMs: 1_000,
};

const NAME = "migrate";
const SELECT = `SELECT owner, fence, expires_at FROM schema_lease WHERE name = '${NAME}'`;
const FIRST = `INSERT INTO schema_lease (name, owner, fence, expires_at) VALUES ('${NAME}', ?, 1, ?) IF NOT EXISTS`;
const TAKE = `UPDATE schema_lease SET owner = ?, fence = ?, expires_at = ? WHERE name = '${NAME}'
  IF fence = ? AND expires_at = ?`;
const RENEW = `UPDATE schema_lease SET expires_at = ? WHERE name = '${NAME}' IF fence = ?`;
const RELEASE = `UPDATE schema_lease SET owner = null, expires_at = ? WHERE name = '${NAME}' IF fence = ?`;
const NEVER = new Date(0);

interface Held {
  readonly owner: string | undefined;
  readonly token: number;
  readonly expiresAt: number;
}

export interface LeaseOptions {
  /** The caller's name; unique per process. */
  readonly owner: string;
  readonly clock: Clock;
  readonly times: LeaseTimes;
  /** Called whenever another process holds it. */
  readonly onWait: (owner: string, until: number) => void;
}

/**
 * The right to change the schema, held by one process at a time. A previous holder finds out at its next
 * `assure`, because the token has changed.
 */
export class Lease implements AsyncDisposable {
  private readonly renewing: ReturnType<typeof setInterval>;
  private renewal: Promise<void> = Promise.resolve();
  private lost = false;

  private constructor(
    private readonly session: Session,
    private readonly options: LeaseOptions,
    /** Greater than every holder's before. */
    readonly token: number,
  ) {
    this.renewing = setInterval(() => this.renewBehind(), options.times.renewEveryMs);
  }

  /** Waits while another process holds and renews it. */
  static async take(session: Session, options: LeaseOptions): Promise<Lease> {
    let told = "";
    for (;;) {
      const held = await read(session);
      const token = await tryToTake(session, held, options);
      if (token !== undefined) return new Lease(session, options, token);
      const owner = held?.owner;
      if (owner !== undefined && owner !== told) options.onWait(owner, held?.expiresAt ?? 0);
      told = owner ?? told;
      await Bun.sleep(options.times.lookEveryMs);
    }
  }

  /** Renews it. @throws StoreOpenError if another process has taken it */
  async assure(): Promise<void> {
    await this.renewal;
    while (!this.lost) {
      const until = this.options.clock.now() + this.options.times.lastsMs;
      const answer = await this.session.attempt(RENEW, [new Date(until), this.token]);
      if (answer?.["[applied]"] === true) return;
      if (answer) this.lost = true;
    }
    throw new StoreOpenError(
      "another migrator has taken over, because this one did not renew its lease in time; it continues the work, see todos migrate status",
    );
  }

  /** Stops renewing it without releasing it: it expires. */
  neglect(): void {
    clearInterval(this.renewing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.neglect();
    await this.renewal;
    // If it is unknown whether this worked, the lease expires.
    await this.session.attempt(RELEASE, [NEVER, this.token]);
  }

  /** During a long statement. A failure here is retried soon, and `assure` finds out in the end. */
  private renewBehind(): void {
    const until = this.options.clock.now() + this.options.times.lastsMs;
    this.renewal = this.session.attempt(RENEW, [new Date(until), this.token]).then(
      (answer) => {
        if (answer?.["[applied]"] === false) this.lost = true;
      },
      () => undefined,
    );
  }
}

/** @returns the token if this process holds it now */
async function tryToTake(
  session: Session,
  held: Held | undefined,
  { owner, clock, times }: LeaseOptions,
): Promise<number | undefined> {
  const now = clock.now();
  // A transaction that timed out may have been ours, and applied.
  if (held?.owner === owner) return held.token;
  if (held && held.owner !== undefined && held.expiresAt + times.skewMs > now) return undefined;
  const until = new Date(now + times.lastsMs);
  const token = (held?.token ?? 0) + 1;
  const answer = await (held
    ? session.attempt(TAKE, [owner, token, until, held.token, new Date(held.expiresAt)])
    : session.attempt(FIRST, [owner, until]));
  return answer?.["[applied]"] === true ? token : undefined;
}

async function read(session: Session): Promise<Held | undefined> {
  const row = await session.row(SELECT, [], session.serialRead);
  return row && held(row);
}

function held(row: Row): Held {
  return { owner: optionalText(row.owner), token: whole(row.fence), expiresAt: milliseconds(row.expires_at) };
}
