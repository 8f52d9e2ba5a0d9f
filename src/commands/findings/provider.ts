import type { Config } from "../../config.ts";
import { whyUnreachable } from "../support/address.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

const TIMEOUT_MS = 5_000;
const SECOND_MS = 1_000;
/** From here on tokens of the provider are refused, and codes of authenticator apps begin to fail. */
const SKEW_MS_MAX = 30_000;
const SKEW_MS_COMFORTABLE = 5_000;
const PROVIDER = "OpenID provider";
const CLOCK = "clock and provider";

interface Answer {
  readonly response: Response;
  readonly text: string;
  /** When the provider wrote it, by this host's clock: between request and answer. */
  readonly atMs: number;
}

/** Whether the provider answers as the settings name it, and whether its clock and ours agree. */
export async function providerFindings({ oidcIssuer }: Config): Promise<readonly Finding[]> {
  if (oidcIssuer === undefined) return [];
  const url = `${oidcIssuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  try {
    const answer = await asked(url);
    return [described(oidcIssuer, url, answer), ...clockFindings(answer)];
  } catch (error) {
    return [
      fail(
        PROVIDER,
        `${url} can't be reached: ${whyUnreachable(error)}`,
        "check TODOS_OIDC_ISSUER, and that this host can reach the provider; passwords and passkeys work meanwhile",
      ),
    ];
  }
}

async function asked(url: string): Promise<Answer> {
  const sentAt = Date.now();
  const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  const atMs = (sentAt + Date.now()) / 2;
  return { response, text: await response.text(), atMs };
}

function described(issuer: string, url: string, { response, text }: Answer): Finding {
  const advice =
    "set TODOS_OIDC_ISSUER to the issuer that the provider's description names; docs/accounts.md";
  if (response.status !== 200) return fail(PROVIDER, `${url} answered ${response.status}`, advice);
  const named = issuerIn(text);
  if (named === undefined) return fail(PROVIDER, `${url} is not the description of a provider`, advice);
  if (named !== issuer) return fail(PROVIDER, `it calls itself ${named}, not ${issuer}`, advice);
  return ok(PROVIDER, `${issuer} answers`);
}

function issuerIn(text: string): string | undefined {
  try {
    const document: unknown = JSON.parse(text);
    const isObject = typeof document === "object" && document !== null && "issuer" in document;
    return isObject && typeof document.issuer === "string" ? document.issuer : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** A Date is cut to the second, and an answer from a cache is older by its Age. */
function clockFindings({ response, atMs }: Answer): readonly Finding[] {
  const date = Date.parse(response.headers.get("date") ?? "");
  if (Number.isNaN(date)) return [];
  const ageMs = Number(response.headers.get("age") ?? 0) * SECOND_MS || 0;
  const aheadMs = atMs - (date + ageMs + SECOND_MS / 2);
  const seconds = Math.round(Math.abs(aheadMs) / SECOND_MS);
  const message = `this host's clock is ${seconds} s ${aheadMs < 0 ? "behind" : "ahead of"} the provider's`;
  const advice = "synchronize it (NTP): codes of authenticator apps and the provider's tokens depend on it";
  if (Math.abs(aheadMs) > SKEW_MS_MAX) return [fail(CLOCK, message, advice)];
  return [Math.abs(aheadMs) > SKEW_MS_COMFORTABLE ? warn(CLOCK, message, advice) : ok(CLOCK, message)];
}
