import type { AwsError, Protocol } from "../errors.ts";
import { commonFault } from "../errors.ts";
import { type Fields, isFields } from "../fields.ts";
import { decodeForm, encodeXml } from "./query.ts";

/** A service as seen on the wire. */
export interface WireService {
  readonly name: string;
  readonly protocol: Protocol;
  /** The API's version (Query, EC2), or the prefix of X-Amz-Target (JSON). */
  readonly marker: string;
  /** JSON 1.0 or 1.1. */
  readonly contentType: string;
  /** The prefix of the service's actions in IAM policies. It can differ from the service's name. */
  readonly iamPrefix: string;
}

/** Its only action is a GET, and each list has its own element name. */
const ROUTE53 = "route53";
const XML = "text/xml;charset=UTF-8";
const JSON_0 = "application/x-amz-json-1.0";
const JSON_1 = "application/x-amz-json-1.1";

/**
 * What the clients in node_modules/@aws-sdk say in their runtimeConfig.shared.js. None of these speaks CBOR, and only
 * Route 53 speaks REST.
 */
export const WIRE_SERVICES = [
  service("sts", "query", "2011-06-15", XML),
  service("cloudformation", "query", "2010-05-15", XML),
  service("iam", "query", "2010-05-08", XML),
  service("route53", "query", "2013-04-01", XML),
  service("ec2", "ec2", "2016-11-15", XML),
  service("ecs", "json", "AmazonEC2ContainerServiceV20141113", JSON_1),
  service("ecr", "json", "AmazonEC2ContainerRegistry_V20150921", JSON_1),
  service("logs", "json", "Logs_20140328", JSON_1),
  service("keyspaces", "json", "KeyspacesService", JSON_0, "cassandra"),
  service("ssm", "json", "AmazonSSM", JSON_1),
  service("service-quotas", "json", "ServiceQuotasV20190624", JSON_1, "servicequotas"),
  service("cloudtrail", "json", "CloudTrail_20131101", JSON_1),
] as const satisfies readonly WireService[];

function service(name: string, protocol: Protocol, marker: string, contentType: string, iamPrefix = name) {
  return { name, protocol, marker, contentType, iamPrefix };
}

export interface DecodedCall {
  readonly service: WireService;
  readonly action: string;
  readonly input: Fields;
}

/** @returns undefined if the request is for a service that is not modelled */
export function decodeCall(
  target: string | undefined,
  body: string,
  address: string,
): DecodedCall | undefined {
  const { pathname, searchParams } = new URL(address, "http://double");
  const route53 = WIRE_SERVICES.find(({ name }) => name === ROUTE53);
  if (route53 && pathname === `/${route53.marker}/hostedzonesbyvpc`)
    return { service: route53, action: "ListHostedZonesByVPC", input: Object.fromEntries(searchParams) };
  if (target !== undefined) {
    const [marker = "", action = ""] = target.split(".");
    const found = WIRE_SERVICES.find((one) => one.marker === marker);
    return found === undefined ? undefined : { service: found, action, input: parsedObject(body) };
  }
  const { Action, Version, ...input } = decodeForm(body);
  const found = WIRE_SERVICES.find((one) => one.marker === Version);
  return found === undefined ? undefined : { service: found, action: String(Action), input };
}

function parsedObject(body: string): Fields {
  const parsed: unknown = JSON.parse(body === "" ? "{}" : body);
  if (!isFields(parsed)) throw commonFault("unknownAction", "json", "the body is no JSON object");
  return parsed;
}

export function encodeAnswer({ service, action }: DecodedCall, output: Fields, requestId: string): string {
  if (service.protocol === "json") return JSON.stringify(output, withEpochSeconds);
  if (service.protocol === "ec2")
    return `<${action}Response><requestId>${requestId}</requestId>${encodeXml(output, "item")}</${action}Response>`;
  if (service.name === ROUTE53)
    return `<${action}Response>${encodeXml(output, "HostedZoneSummary")}</${action}Response>`;
  const metadata = `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>`;
  const result = `<${action}Result>${encodeXml(output, "member")}</${action}Result>`;
  return `<${action}Response>${result}${metadata}</${action}Response>`;
}

export function encodeError({ service }: DecodedCall, error: AwsError, requestId: string): string {
  const { code: Code, message: Message } = error;
  if (service.protocol === "json") return JSON.stringify({ __type: Code, message: Message, Message });
  if (service.protocol === "ec2") {
    const one = encodeXml({ Error: { Code, Message } }, "item");
    return `<Response><Errors>${one}</Errors><RequestID>${requestId}</RequestID></Response>`;
  }
  const Type = error.status < 500 ? "Sender" : "Receiver";
  return `<ErrorResponse>${encodeXml({ Error: { Type, Code, Message }, RequestId: requestId }, "member")}</ErrorResponse>`;
}

/**
 * Writes dates as AWS JSON does, in seconds since 1970. JSON.stringify has already turned them into text, so this looks
 * at the holder.
 */
function withEpochSeconds(this: unknown, name: string, value: unknown): unknown {
  const original = isFields(this) ? this[name] : undefined;
  return original instanceof Date ? original.getTime() / 1_000 : value;
}
