import { expect, test } from "bun:test";
import { signedHeaders } from "../../../src/adapters/aws/signature.ts";

const KEYS = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const PLACE = { region: "us-east-1", service: "ssmmessages" };
const AT = new Date("2015-08-30T12:36:00.000Z");
/** What AWS's SDK for Go signs with these keys, `token` and time. */
const SIGNATURES = [
  [
    "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/a@b-1?role=publish_subscribe",
    "de233d3e7aa0d272ba4b1c111e172ebcac1b798341bcd83fe9538dc3031799b4",
  ],
  [
    "wss://ssmmessages.us-east-1.amazonaws.com/v1/data-channel/a%40b+c=d-1?role=publish_subscribe&cell-number=AAEL%2Bx%2F%3D%3D",
    "d165ae4ff575f2cbb6842a9f5d2ec3d2f460e23af1c1440fa928c37882fccf6f",
  ],
] as const;
const [[URL_SIGNED]] = SIGNATURES;

test("the request is signed for the service, its host and time; with a session, also for its token", () => {
  const plain = signedHeaders(URL_SIGNED, KEYS, PLACE, AT);
  expect(Object.keys(plain)).toEqual(["x-amz-date", "authorization"]);
  expect(plain["x-amz-date"]).toBe("20150830T123600Z");
  expect(plain.authorization).toMatch(
    /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20150830\/us-east-1\/ssmmessages\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
  );
  const temporary = signedHeaders(URL_SIGNED, { ...KEYS, sessionToken: "token" }, PLACE, AT);
  expect(temporary["x-amz-security-token"]).toBe("token");
  expect(temporary.authorization).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token");
});

test.each(SIGNATURES)("the signature for %s equals AWS's own", (url, signature) => {
  const { authorization } = signedHeaders(url, { ...KEYS, sessionToken: "token" }, PLACE, AT);
  expect(authorization).toEndWith(`Signature=${signature}`);
});
