import { Client, policies, types } from "cassandra-driver";

const { localQuorum, localSerial } = types.consistencies;
const DATACENTER = "datacenter1";

/** A driver with the adapter's options: no retries, no client timestamps, LOCAL_QUORUM, LOCAL_SERIAL. */
export class BareSession {
  private constructor(private readonly client: Client) {}

  static async connect(endpoint: string, port: number, keyspace: string): Promise<BareSession> {
    const chosen = { retry: new policies.retry.FallthroughRetryPolicy(), timestampGeneration: null };
    const client = new Client({
      contactPoints: [endpoint],
      localDataCenter: DATACENTER,
      keyspace,
      protocolOptions: { port },
      pooling: { maxRequestsPerConnection: 2_048 },
      policies: chosen as unknown as { retry: policies.retry.RetryPolicy },
    });
    await client.connect();
    return new BareSession(client);
  }

  /** @throws Error if there is no such row */
  async row(query: string, params: readonly unknown[]): Promise<types.Row> {
    const options = { prepare: true, isIdempotent: true, consistency: localQuorum };
    const row = (await this.client.execute(query, [...params], options)).first();
    if (!row) throw new Error("the row is not there");
    return row;
  }

  /** A lightweight transaction. @throws Error if it was not applied */
  async apply(query: string, params: readonly unknown[]): Promise<void> {
    const options = {
      prepare: true,
      isIdempotent: false,
      consistency: localQuorum,
      serialConsistency: localSerial,
    };
    const row = (await this.client.execute(query, [...params], options)).first();
    if (row?.["[applied]"] !== true) throw new Error("a transaction was not applied");
  }
}
