import { localAddress, whyUnreachable } from "./support/address.ts";
import type { Command } from "./support/command.ts";
import { EXIT_DONE, EXIT_FAILED, jsonOption, UsageError } from "./support/command.ts";

const ANSWER_TIMEOUT_MS = 5_000;
const STARTUP_HEALTH_PATH = "/actuator/health/startup";
const SHOWN_STATUS_CHARS_MAX = 40;

export const command: Command = {
  name: "healthcheck",
  summary: "report by exit code whether the service on this host is up",
  details:
    "Queries the health group startup, which is UP from the first readiness for as long as the process lives: an outage of the store must not make an orchestrator kill every instance. Exits with 0 for UP, else with 1. The service's certificate is not verified, because the request does not leave this host.",
  arguments: [],
  options: [jsonOption("the result")],
  settings: ["host", "port", "tlsCert", "tlsKey"],
  examples: [
    { line: "todos healthcheck", does: "check the service configured by the environment" },
    { line: "todos healthcheck --port 9000", does: "check another port" },
  ],
  run: async ({ config, has, stdout }) => {
    if (config.port === 0) {
      throw new UsageError(
        "TODOS_PORT is 0, so the service's port is unknown",
        "Name it: todos healthcheck --port PORT",
      );
    }
    const url = localAddress(config) + STARTUP_HEALTH_PATH;
    const { up, status } = await askHealth(url);
    const line = up ? status : `${status} (${url})`;
    stdout.write(
      `${has("json") ? JSON.stringify({ status: up ? "UP" : "DOWN", detail: status, url }) : line}\n`,
    );
    return up ? EXIT_DONE : EXIT_FAILED;
  },
};

/** Asks once. `status` is the service's own status, or why there is no answer. */
async function askHealth(url: string): Promise<{ readonly up: boolean; readonly status: string }> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: "manual",
      tls: { rejectUnauthorized: false },
    });
    const status = statusOf(await response.text());
    if (response.ok && status === "UP") return { up: true, status };
    return { up: false, status: `answered ${response.status}${status === undefined ? "" : ` ${status}`}` };
  } catch (error) {
    return { up: false, status: whyUnreachable(error) };
  }
}

/** The member `status` of a health document; `undefined` if the text is none. */
function statusOf(text: string): string | undefined {
  const found = /"status"\s*:\s*"([A-Z_]+)"/.exec(text)?.[1];
  return found?.slice(0, SHOWN_STATUS_CHARS_MAX);
}
