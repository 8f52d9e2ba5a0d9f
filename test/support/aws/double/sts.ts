import type { Actions } from "./service.ts";
import type { World } from "./world.ts";

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export function stsActions(world: World): Actions {
  return {
    GetCallerIdentity: (_input, { principal }) => ({
      Arn: principal,
      UserId: "AIDADOUBLE0000000001",
      Account: world.accountId,
    }),
  };
}
