import type { Client, types } from "cassandra-driver";

type Execute = Client["execute"];
type Batch = Client["batch"];

/** What happens to the first matching statement. */
export type Fate =
  /** It is sent when `release` is called, and waits until then. */
  | "wait"
  /** It fails with this error; sent first, unless it is sent late, when `release` is called. */
  | { readonly fails: () => Error; readonly sent: "before" | "late" | "never" };

export interface Trap {
  /** Resolves when the statement has come by. */
  readonly sprung: Promise<void>;
  /** Sends what waits or is late. Resolves when the node has answered it. */
  release(): Promise<void>;
}

/** Stands between a store and its driver, where TLS leaves no place for a proxy, and stops or fails single statements. */
export class Statements {
  /** Every matched statement. */
  readonly met: string[] = [];
  private readonly traps: {
    begins: string;
    of: string | undefined;
    take(send: () => Promise<types.ResultSet>): Promise<types.ResultSet>;
  }[] = [];

  /** @param store one of Cassandra's; its session is its own business, except in tests */
  constructor(store: object) {
    const { client } = Reflect.get(store, "session") as { client: Client };
    const execute = client.execute.bind(client) as (...args: Parameters<Execute>) => Promise<types.ResultSet>;
    const hooked = (...args: Parameters<Execute>) => this.passed(args[0], args[1], () => execute(...args));
    client.execute = hooked as Execute;
    // A row is inserted in a batch where its transaction also passes a turn on.
    const batch = client.batch.bind(client) as (...args: Parameters<Batch>) => Promise<types.ResultSet>;
    const hookedBatch = (...args: Parameters<Batch>) =>
      this.passed(firstOf(args[0]), undefined, () => batch(...args));
    client.batch = hookedBatch as Batch;
  }

  private passed(
    text: string,
    params: unknown,
    send: () => Promise<types.ResultSet>,
  ): Promise<types.ResultSet> {
    const cql = text.replaceAll(/\s+/g, " ");
    const isAbout = (of: string) => Array.isArray(params) && params.some((param) => String(param) === of);
    const index = this.traps.findIndex(
      ({ begins, of }) => cql.startsWith(begins) && (of === undefined || isAbout(of)),
    );
    const [trap] = index < 0 ? [] : this.traps.splice(index, 1);
    if (!trap) return send();
    this.met.push(cql);
    return trap.take(send);
  }

  /**
   * One statement, once.
   * @param begins how its text does; of a batch, its first statement's
   * @param of one of its parameters, where work of others may send the same
   */
  trap(begins: string, fate: Fate, of?: string): Trap {
    const { promise: sprung, resolve: spring } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const take = async (send: () => Promise<types.ResultSet>) => {
      spring();
      if (fate === "wait") return released.then(send).finally(answer);
      if (fate.sent === "before") await send();
      if (fate.sent === "late") void released.then(send).finally(answer);
      throw fate.fails();
    };
    this.traps.push({ begins, of, take });
    const go = () => {
      release();
      return answered;
    };
    return { sprung, release: go };
  }
}

function firstOf([first]: Parameters<Batch>[0]): string {
  return typeof first === "string" ? first : (first?.query ?? "");
}
