import {
  DeleteKeyspaceCommand,
  GetKeyspaceCommand,
  KeyspacesClient,
  ListTablesCommand,
} from "@aws-sdk/client-keyspaces";
import type { Keyspaces } from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

/** @see Keyspaces */
export class AmazonKeyspaces implements Keyspaces {
  private readonly send: KeyspacesClient["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new KeyspacesClient({ ...aws.config }));
  }

  async hasKeyspace(keyspace: string): Promise<boolean> {
    try {
      await this.send(new GetKeyspaceCommand({ keyspaceName: keyspace }));
      return true;
    } catch (error) {
      if (isAws(error, ["ResourceNotFoundException"])) return false;
      throw error;
    }
  }

  async tables(keyspace: string): Promise<readonly string[]> {
    const found: string[] = [];
    let nextToken: string | undefined;
    try {
      do {
        const answer = await this.send(
          new ListTablesCommand({ keyspaceName: keyspace, ...(nextToken && { nextToken }) }),
        );
        found.push(...(answer.tables ?? []).map(({ tableName }) => tableName ?? ""));
        nextToken = answer.nextToken;
      } while (nextToken);
    } catch (error) {
      if (isAws(error, ["ResourceNotFoundException"])) return [];
      throw error;
    }
    return found;
  }

  async delete(keyspace: string): Promise<void> {
    try {
      await this.send(new DeleteKeyspaceCommand({ keyspaceName: keyspace }));
    } catch (error) {
      if (!isAws(error, ["ResourceNotFoundException"])) throw error;
    }
  }
}
