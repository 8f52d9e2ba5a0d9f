import type { Answer, Deviation } from "../proxy.ts";

const OK = 200;
const JSON_TYPE = "application/x-amz-json-1.1";

const answer = (body: object, status = OK): Answer => ({
  status,
  body: JSON.stringify(body),
  type: JSON_TYPE,
});

/** What a test's Keyspaces can do for {@link keyspaces}. */
export interface KeyspacesService {
  /** Names of a keyspace's tables; undefined if there is no such keyspace. */
  tables(keyspace: string): Promise<readonly string[] | undefined>;
  drop(keyspace: string): Promise<void>;
}

/** AWS has Keyspaces, and fakecloud does not. This answers from the stand-in's own tables. */
export const keyspaces = (service: KeyspacesService): Deviation => ({
  name: "there is no Keyspaces",
  concerns: ({ service: name }) => name === "cassandra",
  async handle(call, forward, seen) {
    const emulated = await forward(call);
    if (emulated.status < 400) return emulated;
    seen();
    const { keyspaceName } = JSON.parse(call.body);
    const tables = await service.tables(keyspaceName);
    if (!tables)
      return answer({ __type: "ResourceNotFoundException", message: `${keyspaceName} not found` }, 400);
    if (call.action === "DeleteKeyspace") await service.drop(keyspaceName);
    const resourceArn = `arn:aws:cassandra:eu-west-1:123456789012:/keyspace/${keyspaceName}/`;
    if (call.action !== "ListTables")
      return answer({ keyspaceName, resourceArn, replicationStrategy: "SINGLE_REGION" });
    return answer({ tables: tables.map((tableName) => ({ keyspaceName, tableName, resourceArn })) });
  },
});

/** AWS creates a stack's tables when it executes the change set. Here, `make` creates them. */
export const keyspacesTables = (make: (stack: string) => Promise<void>): Deviation => ({
  name: "a stack's Keyspaces tables are not made",
  concerns: ({ action, body }) => action === "ExecuteChangeSet" && body.includes("Keyspaces"),
  async handle(call, forward, seen) {
    const result = await forward(call);
    if (result.status === OK) {
      seen();
      await make(new URLSearchParams(call.body).get("StackName") ?? "");
    }
    return result;
  },
});
