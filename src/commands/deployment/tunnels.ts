import { SessionManagerTunnels } from "../../adapters/aws/session-manager/tunnels.ts";
import type { Tunnels } from "../../application/deploy/ports.ts";
import type { Run } from "../../application/deploy/run.ts";
import type { Context } from "../support/command.ts";
import { connectionTo } from "./aws.ts";

/** Session Manager. Loaded only by a command that is about to open a session. @throws DeployError `credentials` without a region */
export async function openTunnels(context: Context, run: Run): Promise<Tunnels> {
  const { aws } = await connectionTo(context, run);
  return new SessionManagerTunnels(aws, { allowedHosts: context.config.allowedHosts });
}
