import { AwsError } from "./errors.ts";
import { type Fields, isTrue, numberOf, textOf, textsOf } from "./fields.ts";
import type { Actions } from "./service.ts";
import type { World } from "./world.ts";

export interface LogEvent {
  readonly id: string;
  readonly stream: string;
  readonly atMs: number;
  /** The time from which it can be read. */
  readonly ingestedAtMs: number;
  readonly message: string;
}

/** The time between writing a line and reading it, ms. */
export const DELIVERY_MS = 2_000;
const PAGE_EVENTS_MAX = 10_000;

/** CloudWatch Logs. Groups are resources of stacks. The first line creates its stream. */
export class Logs {
  readonly #world: World;
  readonly #events = new Map<string, LogEvent[]>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Writes a line of a task now, or loses it if the group does not exist. */
  write(group: string, stream: string, message: string): void {
    if (!this.#isGroup(group)) return;
    const atMs = this.#world.clock.now().getTime();
    const events = this.#events.get(group) ?? [];
    const id = String(events.length).padStart(56, "3");
    events.push({ id, stream, atMs, ingestedAtMs: atMs + DELIVERY_MS, message });
    this.#events.set(group, events);
  }

  /** Deletes the events of a deleted group. */
  forget(group: string): void {
    this.#events.delete(group);
  }

  readonly actions: Actions = {
    DescribeLogGroups: (input) => {
      const prefix = textOf(input, "logGroupNamePrefix") ?? "";
      const groups = this.#world.all("AWS::Logs::LogGroup").filter((group) => group.id.startsWith(prefix));
      return {
        logGroups: groups.map((group) => ({
          logGroupName: group.id,
          arn: group.attributes.Arn,
          creationTime: group.createdAt.getTime(),
          retentionInDays: group.properties.RetentionInDays,
          storedBytes: (this.#events.get(group.id) ?? []).reduce((sum, one) => sum + one.message.length, 0),
        })),
      };
    },
    DescribeLogStreams: (input) => {
      const group = this.#groupOf(input);
      const names = [...new Set(this.#delivered(group).map((event) => event.stream))];
      return { logStreams: names.map((logStreamName) => ({ logStreamName })) };
    },
    GetLogEvents: (input, { isUnseen }) => this.#streamEvents(input, isUnseen),
    FilterLogEvents: (input) => this.#filteredEvents(input),
  };

  /**
   * If a page ends at the token it was asked with, there is no more.
   * Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
   */
  #streamEvents(input: Fields, isUnseen: boolean): Fields {
    const group = this.#groupOf(input);
    const stream = textOf(input, "logStreamName") ?? "";
    const events = this.#delivered(group).filter(
      (event) => event.stream === stream && isWithin(event, input),
    );
    if (isUnseen || !this.#delivered(group).some((event) => event.stream === stream))
      throw new AwsError("ResourceNotFoundException", "The specified log stream does not exist.");
    const limit = numberOf(input, "limit") ?? PAGE_EVENTS_MAX;
    const token = textOf(input, "nextToken");
    const start = startOf(token, isTrue(input, "startFromHead"), events.length, limit);
    const end = token?.startsWith("b/") ? Number(token.slice(2)) : Math.min(events.length, start + limit);
    return {
      events: events.slice(start, end).map((event) => ({
        timestamp: event.atMs,
        message: event.message,
        ingestionTime: event.ingestedAtMs,
      })),
      nextForwardToken: `f/${end}`,
      nextBackwardToken: `b/${start}`,
    };
  }

  /** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
  #filteredEvents(input: Fields): Fields {
    const group = this.#groupOf(input);
    const prefix = textOf(input, "logStreamNamePrefix") ?? "";
    const names = textsOf(input, "logStreamNames");
    const pattern = patternOf(textOf(input, "filterPattern") ?? "");
    const found = this.#delivered(group).filter(
      (event) =>
        isWithin(event, input) &&
        event.stream.startsWith(prefix) &&
        (names.length === 0 || names.includes(event.stream)) &&
        pattern(event.message),
    );
    const start = Number(textOf(input, "nextToken") ?? 0);
    const end = start + (numberOf(input, "limit") ?? PAGE_EVENTS_MAX);
    return {
      events: found.slice(start, end).map((event) => ({
        logStreamName: event.stream,
        timestamp: event.atMs,
        message: event.message,
        ingestionTime: event.ingestedAtMs,
        eventId: event.id,
      })),
      searchedLogStreams: [],
      nextToken: end < found.length ? String(end) : undefined,
    };
  }

  #delivered(group: string): LogEvent[] {
    const nowMs = this.#world.clock.now().getTime();
    return (this.#events.get(group) ?? []).filter((event) => event.ingestedAtMs <= nowMs);
  }

  #groupOf(input: Fields): string {
    const named = textOf(input, "logGroupName") ?? textOf(input, "logGroupIdentifier") ?? "";
    const name = named.startsWith("arn:") ? (named.split(":log-group:")[1] ?? "").replace(/:\*$/, "") : named;
    if (!this.#isGroup(name))
      throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
    return name;
  }

  #isGroup(name: string): boolean {
    return this.#world.find("AWS::Logs::LogGroup", name) !== undefined;
  }
}

function isWithin(event: LogEvent, input: Fields): boolean {
  const startMs = numberOf(input, "startTime") ?? 0;
  const endMs = numberOf(input, "endTime") ?? Number.POSITIVE_INFINITY;
  return event.atMs >= startMs && event.atMs < endMs;
}

function startOf(token: string | undefined, fromHead: boolean, count: number, limit: number): number {
  if (token === undefined) return fromHead ? 0 : Math.max(0, count - limit);
  const place = Number(token.slice(2));
  return token.startsWith("b/") ? Math.max(0, place - limit) : place;
}

/**
 * Matches words that must all be in a line, phrases in quotes, `-word` for lines without it, and `?a ?b` for one of
 * them. Does not model JSON patterns. Source:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
function patternOf(pattern: string): (message: string) => boolean {
  if (pattern.trim().startsWith("{"))
    throw new AwsError("InvalidParameterException", "the double does not model JSON patterns");
  const terms = [...pattern.matchAll(/([?-]?)(?:"([^"]*)"|(\S+))/g)].map(([, sign, phrase, word]) => ({
    sign: sign ?? "",
    text: phrase ?? word ?? "",
  }));
  const any = terms.filter((term) => term.sign === "?");
  return (message) =>
    terms.every(({ sign, text }) => sign === "?" || message.includes(text) === (sign === "")) &&
    (any.length === 0 || any.some(({ text }) => message.includes(text)));
}
