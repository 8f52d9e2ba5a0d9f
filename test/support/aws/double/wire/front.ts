import { randomUUID } from "node:crypto";
import { setTimeout as realWait } from "node:timers/promises";
import { type Call, type CallPlants, type Cut, type Hook, isMutating } from "../calls.ts";
import type { Deployer, Deployers } from "../deployers.ts";
import { AwsError, commonFault, type Protocol } from "../errors.ts";
import type { Fields } from "../fields.ts";
import type { Actions, CallContext } from "../service.ts";
import type { World } from "../world.ts";
import { type DecodedCall, decodeCall, encodeAnswer, encodeError } from "./protocols.ts";
import type { Answer, Request } from "./server.ts";
import { signatureOf } from "./signature.ts";

export interface FrontParts {
  readonly world: World;
  readonly deployers: Deployers;
  readonly plants: CallPlants;
  readonly services: Readonly<Record<string, Actions>>;
  /** Whether this principal's policies allow an action, `ecs:RunTask`. */
  readonly isAllowed: (iamAction: string) => boolean;
}

/** The error planted for the current call. */
export type PlantedError = ((protocol: Protocol) => AwsError) | undefined;
type Apply = (context: CallContext, planted: PlantedError) => Promise<Answer | "cut">;

/** Applies faults before or after a service applies a call, for both AWS's APIs and the registry. */
export class Front {
  readonly calls: Call[] = [];
  before: Hook | undefined;
  after: Hook | undefined;
  endpoint = "";
  readonly #parts: FrontParts;

  constructor(parts: FrontParts) {
    this.#parts = parts;
  }

  /** Answers a request in one of AWS's protocols. */
  async respond({ message, body }: Request): Promise<Answer | "cut"> {
    using _busy = this.#parts.world.clock.busy();
    const signature = signatureOf(message.headers);
    const deployer = this.#parts.deployers.ofKey(signature?.accessKeyId ?? "");
    if (deployer?.isDead === true) return "cut";
    const decoded = decodeCall(
      message.headers["x-amz-target"]?.toString(),
      body.toString(),
      message.url ?? "/",
    );
    if (decoded === undefined) return { status: 404, body: "the double models no such service" };
    const request = {
      method: message.method ?? "",
      target: message.url ?? "/",
      headers: message.headers,
      body,
    };
    const verdict = this.#parts.deployers.verdict(request, signature);
    if (verdict !== "valid" || deployer === undefined)
      return this.#refused(decoded, unauthenticated(verdict, decoded.service.protocol));
    const { service, action, input } = decoded;
    const call = this.record(deployer, {
      service: service.name,
      iamAction: iamActionOf(service, action),
      action,
      input,
    });
    return this.through(call, deployer, (context, planted) => this.#applied(decoded, context, planted));
  }

  record(
    deployer: Deployer,
    what: {
      readonly service: string;
      readonly iamAction: string;
      readonly action: string;
      readonly input: Fields;
    },
  ): Call {
    const { service, action, input, iamAction } = what;
    const call: Call = {
      index: this.calls.length,
      deployer: deployer.name,
      service,
      action,
      iamAction,
      input,
      isMutating: isMutating(action),
      outcome: "under way",
    };
    this.calls.push(call);
    return call;
  }

  /** Runs hooks and plants on a call, before and after `apply`. */
  async through(call: Call, deployer: Deployer, apply: Apply): Promise<Answer | "cut"> {
    if (this.#isCut(deployer, await this.before?.(call))) return outcome(call, "cut before");
    const effects = this.#parts.plants.effectsOn(call);
    for (const effect of effects) if (effect.kind === "slow") await realWait(effect.realMs);
    const isUnseen = effects.some((effect) => effect.kind === "unseen");
    const planted = effects.find((effect) => effect.kind === "error")?.error;
    const answer = await apply({ call, principal: deployer.arn, endpoint: this.endpoint, isUnseen }, planted);
    if (answer === "cut") return outcome(call, "cut after");
    if (call.outcome === "under way") call.outcome = "answered";
    if (this.#isCut(deployer, await this.after?.(call))) return outcome(call, "cut after");
    return answer;
  }
  #isCut(deployer: Deployer, cut: Cut): boolean {
    if (cut === "kill") deployer.kill();
    return cut !== undefined || deployer.isDead;
  }

  async #applied(decoded: DecodedCall, context: CallContext, planted: PlantedError): Promise<Answer> {
    const { service, action, input } = decoded;
    try {
      if (planted !== undefined) throw planted(service.protocol);
      const apply = this.#parts.services[service.name]?.[action];
      if (apply === undefined)
        throw commonFault(
          "unknownAction",
          service.protocol,
          `the double does not model ${service.name} ${action}`,
        );
      if (!this.#parts.isAllowed(context.call.iamAction))
        throw commonFault("denied", service.protocol, denial(context));
      const output = await apply(input, context);
      return this.#answer(decoded, 200, encodeAnswer(decoded, output, randomUUID()));
    } catch (problem) {
      if (!(problem instanceof AwsError)) throw problem;
      context.call.outcome = "refused";
      context.call.error = problem.code;
      return this.#refused(decoded, problem);
    }
  }

  #refused(decoded: DecodedCall, error: AwsError): Answer {
    return this.#answer(decoded, error.status, encodeError(decoded, error, randomUUID()));
  }

  #answer({ service }: DecodedCall, status: number, body: string): Answer {
    const requestId = randomUUID();
    return { status, body, headers: { "content-type": service.contentType, "x-amzn-requestid": requestId } };
  }
}

/**
 * Returns the action that a policy must allow. All of Keyspaces' read calls are one action:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonkeyspacesforapachecassandra.html
 */
function iamActionOf({ iamPrefix }: DecodedCall["service"], action: string): string {
  if (iamPrefix !== "cassandra") return `${iamPrefix}:${action}`;
  return action.startsWith("Delete") ? "cassandra:Drop" : "cassandra:Select";
}

function outcome(call: Call, cut: "cut before" | "cut after"): "cut" {
  call.outcome = cut;
  return "cut";
}

function denial({ call, principal }: CallContext): string {
  const because = "because no identity-based policy allows the action";
  return `User: ${principal} is not authorized to perform: ${call.iamAction} ${because} ${call.iamAction}`;
}

const UNAUTHENTICATED = {
  expired: "The security token included in the request is expired",
  badSignature:
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  unknownKey: "The security token included in the request is invalid.",
  valid: "The security token included in the request is invalid.",
} as const;

function unauthenticated(verdict: keyof typeof UNAUTHENTICATED, protocol: Protocol): AwsError {
  return commonFault(verdict === "valid" ? "unknownKey" : verdict, protocol, UNAUTHENTICATED[verdict]);
}
