/**
 * An error as a service answers it. `code` is the documented code, before a protocol changes it. `status` is the HTTP
 * status.
 */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "AwsError";
    this.code = code;
    this.status = status;
  }
}

/** CloudFormation's error for most mistakes of a caller. */
export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

export type Protocol = "query" | "ec2" | "json";
export type CommonFault =
  | "throttled"
  | "expired"
  | "badSignature"
  | "unknownKey"
  | "denied"
  | "unavailable"
  | "unknownAction";

/**
 * Each protocol has its own code and status for the same fault. Sources:
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html (query),
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html (ec2),
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/CommonErrors.html (json).
 */
const CODES: Readonly<Record<CommonFault, Readonly<Record<Protocol, readonly [string, number]>>>> = {
  throttled: {
    query: ["Throttling", 400],
    ec2: ["RequestLimitExceeded", 503],
    json: ["ThrottlingException", 400],
  },
  expired: {
    query: ["ExpiredToken", 403],
    ec2: ["RequestExpired", 400],
    json: ["ExpiredTokenException", 400],
  },
  badSignature: {
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401],
    json: ["InvalidSignatureException", 400],
  },
  unknownKey: {
    query: ["InvalidClientTokenId", 403],
    ec2: ["AuthFailure", 401],
    json: ["UnrecognizedClientException", 400],
  },
  denied: {
    query: ["AccessDenied", 403],
    ec2: ["UnauthorizedOperation", 403],
    json: ["AccessDeniedException", 400],
  },
  unavailable: {
    query: ["ServiceUnavailable", 503],
    ec2: ["Unavailable", 503],
    json: ["ServiceUnavailableException", 503],
  },
  unknownAction: {
    query: ["InvalidAction", 400],
    ec2: ["InvalidAction", 400],
    json: ["UnknownOperationException", 400],
  },
};

export function commonFault(fault: CommonFault, protocol: Protocol, message: string): AwsError {
  const [code, status] = CODES[fault][protocol];
  return new AwsError(code, message, status);
}
