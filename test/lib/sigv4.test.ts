import { expect, test } from "bun:test";
import { scopeText, sha256, sigV4Signature } from "../../src/lib/sigv4.ts";

/** `get-vanilla` of AWS's own test suite for Signature Version 4. */
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const SCOPE = { day: "20150830", region: "us-east-1", service: "service" };
const TIME = "20150830T123600Z";
const REQUEST = [
  "GET",
  "/",
  "",
  "host:example.amazonaws.com",
  `x-amz-date:${TIME}`,
  "",
  "host;x-amz-date",
  sha256(""),
].join("\n");

test("the signature of AWS's example get-vanilla is AWS's own", () => {
  expect(scopeText(SCOPE)).toBe("20150830/us-east-1/service/aws4_request");
  expect(sigV4Signature(SECRET, SCOPE, TIME, REQUEST)).toBe(
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
  );
});

test("another secret, day, region, service, time or request gives another signature", () => {
  const signatures = [
    sigV4Signature(SECRET, SCOPE, TIME, REQUEST),
    sigV4Signature(`${SECRET}x`, SCOPE, TIME, REQUEST),
    sigV4Signature(SECRET, { ...SCOPE, day: "20150831" }, TIME, REQUEST),
    sigV4Signature(SECRET, { ...SCOPE, region: "eu-west-1" }, TIME, REQUEST),
    sigV4Signature(SECRET, { ...SCOPE, service: "other" }, TIME, REQUEST),
    sigV4Signature(SECRET, SCOPE, "20150830T123601Z", REQUEST),
    sigV4Signature(SECRET, SCOPE, TIME, `${REQUEST} `),
  ];
  expect(new Set(signatures).size).toBe(signatures.length);
});
