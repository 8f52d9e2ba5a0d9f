import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import type { LogLine, Logs } from "../../application/deploy/ports.ts";
import type { AwsConnection } from "./connection.ts";
import { isAws } from "./errors.ts";

const PAGES_MAX = 1_000;

/** @see Logs */
export class CloudWatchLogs implements Logs {
  private readonly send: CloudWatchLogsClient["send"];

  constructor(aws: AwsConnection) {
    this.send = aws.sender(new CloudWatchLogsClient({ ...aws.config }));
  }

  async last(group: string, stream: string, count: number): Promise<readonly LogLine[]> {
    try {
      const { events } = await this.send(
        new GetLogEventsCommand({
          logGroupName: group,
          logStreamName: stream,
          limit: count,
          startFromHead: false,
        }),
      );
      return (events ?? []).map(({ timestamp, message }, index) => ({
        id: `${timestamp} ${index}`,
        at: timestamp ?? 0,
        stream,
        text: (message ?? "").trimEnd(),
      }));
    } catch (error) {
      // The stream is made with its first line.
      if (isAws(error, ["ResourceNotFoundException"])) return [];
      throw error;
    }
  }

  async since(group: string, from: number, filter: string | undefined): Promise<readonly LogLine[]> {
    const found: LogLine[] = [];
    let nextToken: string | undefined;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const answer = await this.send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: from,
          ...(filter !== undefined && { filterPattern: filter }),
          ...(nextToken !== undefined && { nextToken }),
        }),
      );
      for (const { eventId, timestamp, logStreamName, message } of answer.events ?? []) {
        found.push({
          id: eventId ?? "",
          at: timestamp ?? 0,
          stream: logStreamName ?? "",
          text: (message ?? "").trimEnd(),
        });
      }
      nextToken = answer.nextToken;
      if (nextToken === undefined) break;
    }
    return found;
  }

  async groups(prefix: string): Promise<readonly { readonly name: string; readonly bytes: number }[]> {
    const { logGroups } = await this.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: prefix }));
    return (logGroups ?? []).map(({ logGroupName, storedBytes }) => ({
      name: logGroupName ?? "",
      bytes: storedBytes ?? 0,
    }));
  }
}
