import { DeployError } from "../../application/deploy/errors.ts";
import { reasonOf } from "../../lib/reason.ts";
import type { AwsConnection, AwsKeys } from "./connection.ts";
import { awsError } from "./errors.ts";
import { signedHeaders } from "./signature.ts";

/** Route 53 is global: it is called and signed in one region. Source: AWS General Reference, "Route 53 endpoints". */
const ENDPOINT = "https://route53.amazonaws.com";
const SIGNED_FOR = { region: "us-east-1", service: "route53" };
const CALL = "ListHostedZonesByVPC";
const TIMEOUT_MS = 15_000;
const PAGES_MAX = 20;

/**
 * Names of the private hosted zones that a VPC uses, without those of AWS services. One call in our own code: the SDK's
 * Route 53 client has about 70 others. Source: Route 53 API Reference, ListHostedZonesByVPC.
 * @throws DeployError `denied`, `unreachable`, `refused`
 */
export async function privateZones(aws: AwsConnection, region: string, vpc: string): Promise<string[]> {
  const names: string[] = [];
  let token: string | undefined;
  for (let page = 0; page < PAGES_MAX; page++) {
    const text = await answerTo(aws, {
      maxitems: "100",
      ...(token !== undefined && { nexttoken: token }),
      vpcid: vpc,
      vpcregion: region,
    });
    for (const [, zone = ""] of text.matchAll(/<HostedZoneSummary>([\s\S]*?)<\/HostedZoneSummary>/g)) {
      if (member(zone, "OwningService") === undefined) names.push(nameOf(member(zone, "Name") ?? ""));
    }
    token = member(text, "NextToken");
    if (token === undefined) break;
  }
  return names;
}

async function answerTo(aws: AwsConnection, query: Readonly<Record<string, string>>): Promise<string> {
  const url = `${aws.endpoint ?? ENDPOINT}/2013-04-01/hostedzonesbyvpc?${new URLSearchParams(query)}`;
  const { ok, status, text } = await received(
    url,
    signedHeaders(url, await keysOf(aws), SIGNED_FOR, new Date()),
  );
  if (ok) return text;
  const why = member(text, "Message") ?? `status ${status}`;
  throw status === 403
    ? refusal("denied", `AWS does not allow ${CALL}: ${why}`)
    : refusal("refused", `AWS refuses ${CALL}: ${why}`);
}

async function keysOf({ config }: AwsConnection): Promise<AwsKeys> {
  try {
    return await config.credentials();
  } catch (error) {
    throw awsError(error, CALL);
  }
}

/** The whole answer: a connection can also end in its text. */
async function received(url: string, headers: Record<string, string>) {
  try {
    const answer = await fetch(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { ok: answer.ok, status: answer.status, text: await answer.text() };
  } catch (error) {
    throw refusal("unreachable", `cannot reach AWS (${CALL}): ${reasonOf(error)}`, error);
  }
}

function refusal(code: "denied" | "unreachable" | "refused", message: string, cause?: unknown): DeployError {
  return new DeployError(code, message, "run the same command again", { cause });
}

/** The text of an element that has no others in it. */
function member(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** Without the dot at its end. */
function nameOf(name: string): string {
  return name.replace(/\.$/, "");
}
