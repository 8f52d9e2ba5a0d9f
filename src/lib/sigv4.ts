import { createHash, createHmac } from "node:crypto";

/** AWS Signature Version 4. Source: IAM User Guide, "Create a signed AWS API request". */
export const SIGV4_ALGORITHM = "AWS4-HMAC-SHA256";

/** The scope of a signature. */
export interface SigV4Scope {
  /** `20301231` */
  readonly day: string;
  readonly region: string;
  readonly service: string;
}

/** `20301231/eu-west-1/ssmmessages/aws4_request` */
export function scopeText(scope: SigV4Scope): string {
  return partsOf(scope).join("/");
}

/**
 * Signs a canonical request.
 * @param time the request's own time
 * @returns the signature, in hexadecimal
 */
export function sigV4Signature(
  secretAccessKey: string,
  scope: SigV4Scope,
  time: string,
  canonicalRequest: string,
): string {
  const toSign = [SIGV4_ALGORITHM, time, scopeText(scope), sha256(canonicalRequest)].join("\n");
  const key = partsOf(scope).reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  return hmac(key, toSign).toString("hex");
}

/** SHA-256 of a text, in hexadecimal. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function partsOf({ day, region, service }: SigV4Scope): readonly string[] {
  return [day, region, service, "aws4_request"];
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
