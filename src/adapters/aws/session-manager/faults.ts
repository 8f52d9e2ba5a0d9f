import { DeployError } from "../../../application/deploy/errors.ts";
import { MessageError } from "./messages.ts";
import type { HandshakeRequest } from "./payloads.ts";
import { FrameError } from "./smux.ts";

/**
 * Newer agents than the first multiplex, and newer ones than the second need no keep-alive. Source: the
 * plugin's config.
 */
const MULTIPLEXING_AFTER = [3, 0, 196, 0];
const UNATTENDED_AFTER = [3, 1, 1511, 0];
const KMS = "KMSEncryption";
const AGAIN = "run todos connect again";

/** Why this client can't use the session that an agent offers; undefined: it can. */
export function connectFault(
  request: Pick<HandshakeRequest, "agentVersion" | "actions"> & Partial<HandshakeRequest>,
): DeployError | undefined {
  const { agentVersion, actions, sessionType, portType } = request;
  if (actions.includes(KMS))
    return new DeployError(
      "session",
      "this account's Session Manager encrypts sessions with a KMS key, which todos connect does not support",
      "use AWS's own session-manager-plugin (docs/deploy.md, \"Reaching it\"), or remove the key from Session Manager's preferences",
    );
  if (!isAfter(agentVersion, MULTIPLEXING_AFTER))
    return new DeployError(
      "session",
      `the agent in the task is too old for todos connect: ${agentVersion || "unknown version"}`,
      "replace the tasks: todos deploy starts them with the current agent of Fargate",
    );
  if (sessionType !== "Port" || portType !== "LocalPortForwarding")
    return new DeployError(
      "session",
      `the agent opened a session of type ${sessionType ?? "unknown"}, not one that forwards a port`,
      "check that the document AWS-StartPortForwardingSession is AWS's own in this region",
    );
  return undefined;
}

/** Whether an agent ends the session if it receives nothing for half a minute. */
export function needsKeepAlive(agentVersion: string): boolean {
  return !isAfter(agentVersion, UNATTENDED_AFTER);
}

/** @param words the service's own; may be empty */
export function endedByService(words: string): DeployError {
  const said = words === "" ? "" : `: ${words}`;
  return new DeployError(
    "session",
    `Session Manager ended the session${said}`,
    `${AGAIN}; an idle session ends after Session Manager's idle timeout, 20 minutes unless configured otherwise`,
  );
}

export function expired(): DeployError {
  return new DeployError("session", "the session ended while its connection was lost", AGAIN);
}

export function noAnswer(): DeployError {
  return new DeployError(
    "session",
    "the agent in the task did not answer",
    `${AGAIN}, with --task to try another task; todos verify checks the ssmmessages endpoint, which the agent needs`,
  );
}

/** A message from the agent that was not agreed on. */
export function agentFault(error: unknown): unknown {
  if (!(error instanceof MessageError || error instanceof FrameError)) return error;
  return new DeployError(
    "session",
    `the agent in the task speaks another protocol: ${error.message}`,
    AGAIN,
    {
      cause: error,
    },
  );
}

function isAfter(version: string, than: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  if (version === "" || parts.some(Number.isNaN)) return false;
  const differing = than.findIndex((part, index) => (parts[index] ?? 0) !== part);
  return differing >= 0 && (parts[differing] ?? 0) > (than[differing] ?? 0);
}
