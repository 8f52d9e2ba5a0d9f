import { auth, Client, type ClientOptions, policies, types } from "cassandra-driver";
import { TodosError } from "../../domain/errors.ts";
import { failureOf, failureOfTransaction, isThrottling, ThrottledError, unavailable } from "./failures.ts";
import { type Rules, rulesOf } from "./flavour.ts";
import { Gate, STATEMENTS_IN_FLIGHT_MAX } from "./gate.ts";
import { RetryBudget } from "./retry-budget.ts";
import {
  type ClusterSettings,
  CONNECT_TIMEOUT_MS,
  HEARTBEAT_MS,
  NODE_TIMEOUT_MS,
  OPERATION_DEADLINE_MS,
  RECONNECT_MS_MAX,
  RECONNECT_MS_MIN,
  type TlsSettings,
} from "./settings.ts";
import { SigV4AuthProvider } from "./sigv4.ts";
import { mayBeOfTombstones, TombstonesError, warnsOfTombstones } from "./tombstones.ts";
import { Turn } from "./turn.ts";

const { consistencies } = types;

export type Param = string | number | boolean | Date | null | readonly string[];
export type Row = types.Row;
export interface Statement {
  readonly query: string;
  readonly params: readonly Param[];
}
/** Notified of every statement sent, every retry, and every statement refused for lack of capacity. */
export type OnStatement = (event: "first" | "retry" | "throttled") => void;

/** Attempts of one idempotent statement, including the first. */
const ATTEMPTS_MAX = 3;
/** Wait before the first retry, ms; doubled each time, and uniform between nothing and that (full jitter). */
const RETRY_DELAY_MS = 30;
/** Longest pause after a transaction refused for lack of capacity, ms; uniform between 0 and that. */
const THROTTLED_PAUSE_MS = 100;
/** Rows the driver asks a node for at a time. */
const FETCH_ROWS = 1_000;

/** Sends statements to one cluster: prepared, at LOCAL_QUORUM, with our deadlines instead of the driver's retries. */
export class Session {
  private readonly gate = new Gate();
  private readonly turn = new Turn();
  private readonly budget = new RetryBudget();
  private over = false;

  /** @param client connected; see {@link connect} */
  constructor(
    readonly client: Client,
    private readonly onStatement: OnStatement,
    readonly rules: Rules,
  ) {}

  /** Consistency that sees what a lightweight transaction in progress has settled. */
  get serialRead(): types.consistencies {
    return this.rules.serialRead;
  }

  /**
   * @param settings without a keyspace if there may be none yet
   * @throws what the driver throws if no node can be reached
   */
  static async connect(
    settings: ClusterSettings,
    onStatement: OnStatement = () => {},
    rules = rulesOf(settings.flavour),
  ): Promise<Session> {
    const login = await loginOf(settings);
    const localDataCenter = settings.localDatacenter ?? (await firstDatacenter(settings, login));
    const client = new Client({
      ...baseOptions(settings, login),
      ...(settings.keyspace === undefined ? {} : { keyspace: settings.keyspace }),
      localDataCenter,
      pooling: { ...poolingBy(rules), maxRequestsPerConnection: 2_048, heartBeatInterval: HEARTBEAT_MS },
    });
    await client.connect();
    return new Session(client, onStatement, rules);
  }

  /** All rows of an idempotent read, retried on another node if one fails. */
  rows(
    query: string,
    params: readonly Param[],
    consistency = consistencies.localQuorum,
  ): Promise<readonly Row[]> {
    return this.rowsUpTo(query, params, Number.POSITIVE_INFINITY, consistency);
  }

  async row(
    query: string,
    params: readonly Param[],
    consistency = consistencies.localQuorum,
  ): Promise<Row | undefined> {
    return (await this.rows(query, params, consistency))[0];
  }

  /**
   * At most `limit` rows, however short the pages of the store are: only a missing paging state ends them.
   * @param onTombstones called if a node warns that it read past many deleted rows
   * @param timeoutMs longest time that one attempt may take, if it is less than for other statements
   * @throws TombstonesError, with `onTombstones`, if a node gave up for that reason
   */
  async rowsUpTo(
    query: string,
    params: readonly Param[],
    limit: number,
    consistency = consistencies.localQuorum,
    onTombstones?: () => void,
    timeoutMs?: number,
  ): Promise<readonly Row[]> {
    const rows: Row[] = [];
    const options = {
      consistency,
      isIdempotent: true,
      fetchSize: Math.min(FETCH_ROWS, limit),
      ...(timeoutMs === undefined ? {} : { readTimeout: timeoutMs }),
    };
    let pageState: Buffer | string | undefined;
    do {
      const place = pageState ? { pageState } : {};
      const read = () => this.execute(query, params, { ...options, ...place });
      const page = await this.idempotently(onTombstones ? () => refusingTombstones(read) : read);
      if (warnsOfTombstones(page.info.warnings)) onTombstones?.();
      rows.push(...page.rows);
      pageState = page.pageState;
    } while (pageState && rows.length < limit);
    return rows.length > limit ? rows.slice(0, limit) : rows;
  }

  /** A plain write that may be repeated. */
  async write(query: string, params: readonly Param[]): Promise<void> {
    await this.idempotently(() => this.execute(query, params, { isIdempotent: true }));
  }

  /** Plain writes to one partition that may be repeated, in one message. Not all or nothing everywhere. */
  async batch(statements: readonly Statement[]): Promise<void> {
    await this.idempotently(() => this.executeTogether(statements, { isIdempotent: true }));
  }

  /** Whether something may be sent again: a missing answer must not cause a storm of retries. */
  mayRepeat(): boolean {
    return this.budget.spend();
  }

  /**
   * One attempt at a lightweight transaction.
   * @param again it follows an earlier attempt of the same write
   * @returns its row, with `[applied]`; undefined if it is unknown whether it was applied
   * @throws TodosError store-unavailable if it was not applied
   */
  attempt(query: string, params: readonly Param[], again = false): Promise<Row | undefined> {
    return this.tryOnce((options) => this.execute(query, params, options), again);
  }

  /** The same for rows of one partition: all of them or none, by one transaction. Not supported everywhere. */
  attemptTogether(statements: readonly Statement[], again: boolean): Promise<Row | undefined> {
    return this.tryOnce((options) => this.executeTogether(statements, options), again);
  }

  private async tryOnce(
    run: (options: object) => Promise<types.ResultSet>,
    again: boolean,
  ): Promise<Row | undefined> {
    try {
      if (!again) this.budget.earn();
      this.onStatement(again ? "retry" : "first");
      const result = await run({ isIdempotent: false, ...serialBy(this.rules) });
      const row = result.first();
      if (!row) throw new TypeError("a lightweight transaction answered without a row");
      return row;
    } catch (error) {
      const failure = error instanceof TodosError ? "fault" : failureOfTransaction(error);
      if (failure === "fault") throw error;
      const throttled = this.noticeThrottling(error);
      if (failure !== "undecided") throw unavailable(this.told(error), "not done");
      // Callers ask again. A pool whose connections have all broken fails at once, and gets new ones by timers and sockets:
      // without a pause, they would never have their turn.
      await Bun.sleep(Math.random() * (throttled ? THROTTLED_PAUSE_MS : RETRY_DELAY_MS));
      return undefined;
    }
  }

  /** Statements in progress fail from now on. */
  get closed(): boolean {
    return this.over;
  }

  close(): Promise<void> {
    this.over = true;
    return this.client.shutdown();
  }

  private noticeThrottling(error: unknown): boolean {
    const throttled = isThrottling(error, this.rules);
    if (throttled) this.onStatement("throttled");
    return throttled;
  }

  /** The failure, with its own type if the cause is a lack of capacity. */
  private told(error: unknown): unknown {
    return isThrottling(error, this.rules) ? new ThrottledError("out of capacity", { cause: error }) : error;
  }

  private execute(query: string, params: readonly Param[], options: object): Promise<types.ResultSet> {
    return this.gate.through(async () => {
      if (this.gate.busy) await this.turn.end();
      return this.client.execute(query, params as Param[], { prepare: true, ...options });
    });
  }

  private executeTogether(statements: readonly Statement[], options: object): Promise<types.ResultSet> {
    const queries = statements.map(({ query, params }) => ({ query, params: [...params] }));
    const all = { prepare: true, logged: false, ...options };
    return this.gate.through(() => this.client.batch(queries, all));
  }

  private async idempotently<T>(run: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + OPERATION_DEADLINE_MS;
    this.budget.earn();
    this.onStatement("first");
    for (let attempt = 1; ; attempt++) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof TodosError || failureOf(error) === "fault") throw error;
        const delayMs = Math.random() * RETRY_DELAY_MS * 2 ** (attempt - 1);
        const late = attempt >= ATTEMPTS_MAX || performance.now() + delayMs > deadline;
        this.noticeThrottling(error);
        if (late || !this.budget.spend()) throw unavailable(this.told(error), "not done");
        await Bun.sleep(delayMs);
        this.onStatement("retry");
      }
    }
  }
}

async function refusingTombstones<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw mayBeOfTombstones(error) ? new TombstonesError(error) : error;
  }
}

type Login = Pick<ClientOptions, "authProvider">;

async function loginOf({ username, password, sigv4 }: ClusterSettings): Promise<Login> {
  if (sigv4) {
    const source = sigv4.credentials ?? (await (await import("./credentials.ts")).chainOfAws());
    return { authProvider: new SigV4AuthProvider(sigv4.region, source) };
  }
  return username === undefined
    ? {}
    : { authProvider: new auth.PlainTextAuthProvider(username, password ?? "") };
}

function poolingBy({ connectionsPerNode: count }: Rules): NonNullable<ClientOptions["pooling"]> {
  if (count === undefined) return {};
  return { coreConnectionsPerHost: { [types.distance.local]: count, [types.distance.remote]: 1 } };
}

function serialBy({ serialConsistency }: Rules): { serialConsistency?: types.consistencies } {
  return serialConsistency === undefined ? {} : { serialConsistency };
}

function baseOptions({ endpoints, port, tls }: ClusterSettings, login: Login): ClientOptions {
  return {
    contactPoints: [...endpoints],
    // The migrator waits for agreement itself, and does not count nodes that are down.
    protocolOptions: { port, maxSchemaAgreementWaitSeconds: 0 },
    queryOptions: { consistency: consistencies.localQuorum, fetchSize: FETCH_ROWS },
    policies: policiesWith(),
    socketOptions: {
      readTimeout: NODE_TIMEOUT_MS,
      connectTimeout: CONNECT_TIMEOUT_MS,
      // The heartbeat notices a hanging node; a busy one must not also lose its connection.
      defunctReadTimeoutThreshold: STATEMENTS_IN_FLIGHT_MAX,
    },
    ...login,
    ...(tls === undefined ? {} : { sslOptions: sslOptions(tls) }),
  };
}

function sslOptions({ servername, ca }: TlsSettings): NonNullable<ClientOptions["sslOptions"]> {
  return { rejectUnauthorized: true, servername, ...(ca === undefined ? {} : { ca }) };
}

function policiesWith(
  loadBalancing?: policies.loadBalancing.LoadBalancingPolicy,
): NonNullable<ClientOptions["policies"]> {
  const chosen = {
    retry: new policies.retry.FallthroughRetryPolicy(),
    // The driver's own waits grow to ten minutes.
    reconnection: new policies.reconnection.ExponentialReconnectionPolicy(
      RECONNECT_MS_MIN,
      RECONNECT_MS_MAX,
      false,
    ),
    // Null turns it off: with clients' clocks an acknowledged write can lose against an older one.
    timestampGeneration: null,
    ...(loadBalancing ? { loadBalancing } : {}),
  };
  return chosen as unknown as NonNullable<ClientOptions["policies"]>;
}

/** The data centre of the node that answers first. */
async function firstDatacenter(settings: ClusterSettings, login: Login): Promise<string> {
  const client = new Client({
    ...baseOptions(settings, login),
    policies: policiesWith(new policies.loadBalancing.RoundRobinPolicy()),
  });
  try {
    await client.connect();
    const row = (await client.execute("SELECT data_center FROM system.local")).first();
    const name: unknown = row?.data_center;
    if (typeof name !== "string") throw new TypeError("the first node names no data centre");
    return name;
  } finally {
    await client.shutdown();
  }
}
