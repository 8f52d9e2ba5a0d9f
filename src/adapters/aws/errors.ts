import { DeployError, type DeployErrorCode } from "../../application/deploy/errors.ts";

/** AWS's own answer that it did not do something. */
export class AwsError extends DeployError {
  constructor(
    code: DeployErrorCode,
    /** `ValidationError`, `AlreadyExistsException`, … */
    readonly awsCode: string,
    /** As AWS wrote it. */
    readonly awsMessage: string,
    message: string,
    advice: string,
    cause: unknown,
  ) {
    super(code, message, advice, { cause });
  }
}

const EXPIRED = /^(?:ExpiredToken(?:Exception)?|RequestExpired|TokenRefreshRequired)$/;
const DENIED = /^(?:AccessDenied(?:Exception)?|UnauthorizedOperation|NotAuthorized|AuthorizationError)$/;
const BAD_KEYS =
  /^(?:UnrecognizedClientException|InvalidClientTokenId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure|IncompleteSignature)$/;
const THROTTLED = /Throttl|^(?:RequestLimitExceeded|TooManyRequestsException|Rate exceeded)$/;
const NO_KEYS = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/;
const UNREACHABLE =
  /^(?:ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|EAI_AGAIN|EPIPE|ConnectionRefused|ConnectionClosed|FailedToOpenSocket)$/;

export function isExpired(error: unknown): boolean {
  return EXPIRED.test(nameOf(error));
}

/** Whether it is AWS's answer with one of these codes. */
export function isAws(error: unknown, codes: readonly string[], message?: RegExp): error is AwsError {
  return (
    error instanceof AwsError && codes.includes(error.awsCode) && (message?.test(error.awsMessage) ?? true)
  );
}

/** What went wrong, for a person, with what to do. @param call `CreateChangeSet` */
export function awsError(error: unknown, call: string): unknown {
  if (error instanceof DeployError || !(error instanceof Error)) return error;
  const name = nameOf(error);
  const { message } = error;
  if (NO_KEYS.test(name)) {
    return new DeployError(
      "credentials",
      `there are no AWS credentials: ${message}`,
      "set AWS_PROFILE or --profile, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; with single sign-on, run aws sso login",
      { cause: error },
    );
  }
  if (/Region is missing/.test(message)) {
    return new DeployError("region", "no AWS region is set", "use --region or set AWS_REGION", {
      cause: error,
    });
  }
  if (UNREACHABLE.test(codeOf(error)) || /^(?:TimeoutError|AbortError)$/.test(name)) {
    return new DeployError(
      "unreachable",
      `cannot reach AWS (${call}): ${message || codeOf(error)}`,
      "check this machine's network and --region, then run the same command again: it continues from there",
      { cause: error },
    );
  }
  return refusal(error, name, message, call);
}

function refusal(error: Error, name: string, message: string, call: string): AwsError | Error {
  if (EXPIRED.test(name)) {
    const advice =
      "renew them (aws sso login, or new AWS_* variables), then run the same command again: it continues from there";
    return new AwsError("credentials", name, message, "the AWS credentials have expired", advice, error);
  }
  if (BAD_KEYS.test(name)) {
    const advice =
      "check AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and this machine's clock";
    return new AwsError(
      "credentials",
      name,
      message,
      `AWS rejected the credentials: ${message}`,
      advice,
      error,
    );
  }
  if (DENIED.test(name)) {
    const advice = 'attach the policy in docs/deploy.md, "The policy a deployer needs", to these credentials';
    return new AwsError("denied", name, message, `AWS does not allow ${call}: ${message}`, advice, error);
  }
  if (THROTTLED.test(name)) {
    const advice =
      "something else calls AWS very often in this account; run the same command again later: it continues from there";
    return new AwsError("throttled", name, message, `AWS throttled ${call}: ${message}`, advice, error);
  }
  if (!("$metadata" in error)) return error;
  const advice = "run the same command again; the message above is from AWS";
  return new AwsError("refused", name, message, `AWS refuses ${call}: ${message}`, advice, error);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  // The EC2 protocol has its code beside the name.
  const code = "Code" in error ? String(error.Code) : "";
  return code === "" ? error.name : code;
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
