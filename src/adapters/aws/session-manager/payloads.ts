import { randomUUID } from "node:crypto";
import { type ChannelMessage, encodeMessage, MESSAGE, MessageError } from "./messages.ts";

/**
 * The version of AWS's plugin that this client imitates: the oldest that AWS supports, and the first that signs its
 * connections. Agents multiplex for those after 1.1.70, and let idle sessions end for those after 1.2.331. Sources:
 * Systems Manager User Guide, "Session Manager plugin latest version and release history"; the agent's plugins/port.
 */
export const CLIENT_VERSION = "1.2.764.0";

const SCHEMA_VERSION = "1.0";
/** Of a message that is first and last of its kind. */
const ALONE = 3;
const STATUS = { success: 1, failed: 2, unsupported: 3 } as const;

/** The first message on a new connection: identifies the client. */
export function hello(token: string, clientId: string): string {
  return JSON.stringify({
    MessageSchemaVersion: SCHEMA_VERSION,
    RequestId: randomUUID(),
    TokenValue: token,
    ClientId: clientId,
    ClientVersion: CLIENT_VERSION,
  });
}

export function acknowledgement({ type, id, sequence }: ChannelMessage, nowMs: number): Buffer {
  const content = {
    AcknowledgedMessageType: type,
    AcknowledgedMessageId: id,
    AcknowledgedMessageSequenceNumber: sequence,
    IsSequentialMessage: true,
  };
  const payload = Buffer.from(JSON.stringify(content));
  return encodeMessage(
    { type: MESSAGE.acknowledge, sequence: 0, flags: ALONE, payloadType: 0, payload },
    nowMs,
  );
}

/** @returns the sequence number. @throws MessageError */
export function acknowledgedSequence({ payload }: ChannelMessage): number {
  const sequence = fields(payload).AcknowledgedMessageSequenceNumber;
  if (typeof sequence !== "number") throw new MessageError("an acknowledgement names no message");
  return sequence;
}

/** Why the service closed the channel, in its own words; empty if it gives none. @throws MessageError */
export function closingWords({ payload }: ChannelMessage): string {
  const { Output } = fields(payload);
  return typeof Output === "string" ? Output.trim() : "";
}

/** What an agent requests before it starts. */
export interface HandshakeRequest {
  readonly agentVersion: string;
  /** `Port`, `Standard_Stream`, … */
  readonly sessionType: string | undefined;
  /** Of a session of type `Port`: `LocalPortForwarding`. */
  readonly portType: string | undefined;
  /** Everything that it asks for, by name. */
  readonly actions: readonly string[];
}

/** @throws MessageError */
export function handshakeRequest(payload: Buffer): HandshakeRequest {
  const { AgentVersion, RequestedClientActions } = fields(payload);
  const actions = Array.isArray(RequestedClientActions) ? RequestedClientActions.map(record) : [];
  const session = record(actions.find(({ ActionType }) => ActionType === "SessionType")?.ActionParameters);
  return {
    agentVersion: text(AgentVersion) ?? "",
    sessionType: text(session.SessionType),
    portType: text(record(session.Properties).type),
    actions: actions.map(({ ActionType }) => text(ActionType) ?? ""),
  };
}

/** Agrees to the session's type and to nothing else. */
export function handshakeResponse({ actions }: HandshakeRequest): Buffer {
  const processed = actions.map((action) =>
    action === "SessionType"
      ? { ActionType: action, ActionStatus: STATUS.success, ActionResult: null, Error: "" }
      : {
          ActionType: action,
          ActionStatus: action === "KMSEncryption" ? STATUS.failed : STATUS.unsupported,
          ActionResult: null,
          Error: `this client does not know ${action}`,
        },
  );
  const errors = processed.flatMap(({ Error: error }) => (error === "" ? [] : [error]));
  return Buffer.from(
    JSON.stringify({ ClientVersion: CLIENT_VERSION, ProcessedClientActions: processed, Errors: errors }),
  );
}

function fields(payload: Buffer): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(payload.toString("utf8")));
  } catch (cause) {
    throw new MessageError("a payload is no JSON", { cause });
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
