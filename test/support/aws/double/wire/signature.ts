import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** The signed parts of a request. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Signature {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly hex: string;
}

/** A request may be this much older or newer than now, ms. Source: see `isSignedBy`. */
const SKEW_MS_MAX = 15 * 60_000;
const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;

/** @returns undefined if the header is missing or has another form */
export function signatureOf(headers: IncomingHttpHeaders): Signature | undefined {
  const match = FORM.exec(headers.authorization ?? "");
  if (match === null) return undefined;
  const [, accessKeyId = "", date = "", region = "", service = "", signed = "", hex = ""] = match;
  return { accessKeyId, date, region, service, signedHeaders: signed.split(";"), hex };
}

/**
 * Whether the holder of this secret signed exactly this request, within the last quarter of an hour.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function isSignedBy(secret: string, request: SignedRequest, signature: Signature): boolean {
  const amzDate = String(request.headers["x-amz-date"] ?? "");
  if (!amzDate.startsWith(signature.date) || Math.abs(Date.now() - timeOf(amzDate)) > SKEW_MS_MAX)
    return false;
  const scope = [signature.date, signature.region, signature.service, "aws4_request"];
  const toSign = ["AWS4-HMAC-SHA256", amzDate, scope.join("/"), sha256(canonicalRequest(request, signature))];
  const key = scope.reduce<string | Buffer>((bytes, part) => hmac(bytes, part), `AWS4${secret}`);
  return timingSafeEqual(hmac(key, toSign.join("\n")), Buffer.from(signature.hex, "hex"));
}

function canonicalRequest({ method, target, headers, body }: SignedRequest, signature: Signature): string {
  const [path = "/", query = ""] = target.split("?");
  const lines = signature.signedHeaders.map((name) => `${name}:${String(headers[name] ?? "").trim()}\n`);
  return [
    method,
    path.split("/").map(encodeURIComponent).join("/"),
    query.split("&").sort().join("&"),
    lines.join(""),
    signature.signedHeaders.join(";"),
    sha256(body),
  ].join("\n");
}

/** Turns `20300101T000000Z` into ms. */
function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
