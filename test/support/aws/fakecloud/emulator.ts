/** Targets in AWS's JSON protocols, by the service's name in a signature. */
const TARGETS = {
  ecs: "AmazonEC2ContainerServiceV20141113",
  "application-autoscaling": "AnyScaleFrontendService",
} as const;

/** Calls an API of the emulator, for what a test or the emulator's helpers must know or do. */
export type Ask = (service: keyof typeof TARGETS, action: string, body: object) => Promise<Loose>;

// biome-ignore lint/suspicious/noExplicitAny: only a few members of the emulator's answers are read
export type Loose = any;

/** @param endpoint the emulator's address; it accepts any signature. @throws Error if it refuses */
export const asking =
  (endpoint: string): Ask =>
  async (service, action, body) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `${TARGETS[service]}.${action}`,
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDTEST/20260101/eu-west-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${service} ${action}: ${text}`);
    return JSON.parse(text);
  };
