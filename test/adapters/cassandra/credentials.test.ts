import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  chainOfAws,
  type ExpiringCredentials,
  refreshed,
} from "../../../src/adapters/cassandra/credentials.ts";

const HOUR_MS = 3_600_000;
const AWS_BEFORE = Object.fromEntries(
  Object.entries(process.env).flatMap(([name, value]) =>
    name.startsWith("AWS_") && value !== undefined ? [[name, value]] : [],
  ),
);

/** The chain reads the process's own environment; every test begins with none of it. */
function onlyThese(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) delete process.env[name];
  Object.assign(process.env, { AWS_EC2_METADATA_DISABLED: "true" }, variables);
}

afterEach(() => {
  onlyThese(AWS_BEFORE);
  if (!("AWS_EC2_METADATA_DISABLED" in AWS_BEFORE)) delete process.env.AWS_EC2_METADATA_DISABLED;
});

function keys(name: string, endsAt?: number): ExpiringCredentials {
  const expiration = endsAt === undefined ? {} : { expiration: new Date(endsAt) };
  return { accessKeyId: name, secretAccessKey: "secret", ...expiration };
}

test("keys with an expiry time are kept until five minutes before it, then requested again", async () => {
  let now = 0;
  let asked = 0;
  const source = refreshed(
    async () => keys(`key ${++asked}`, now + HOUR_MS),
    () => now,
  );
  expect((await source()).accessKeyId).toBe("key 1");
  now = HOUR_MS - 301_000;
  expect((await source()).accessKeyId).toBe("key 1");
  now = HOUR_MS - 300_000;
  expect((await source()).accessKeyId).toBe("key 2");
});

test("if new keys are not available, the old ones are used until they expire, and not longer", async () => {
  let now = 0;
  let answer = async () => keys("old", HOUR_MS);
  const source = refreshed(
    () => answer(),
    () => now,
  );
  await source();
  answer = () => Promise.reject(new Error("the role's endpoint is down"));
  now = HOUR_MS - 1;
  expect((await source()).accessKeyId).toBe("old");
  now = HOUR_MS;
  await expect(source()).rejects.toThrow("the role's endpoint is down");
});

test("many requests at once share one request for keys", async () => {
  let asked = 0;
  const source = refreshed(async () => keys(`key ${++asked}`));
  const given = await Promise.all([source(), source(), source()]);
  expect(given.map(({ accessKeyId }) => accessKeyId)).toEqual(["key 1", "key 1", "key 1"]);
  expect((await source()).accessKeyId).toBe("key 2");
});

test("the environment's keys, and those set later", async () => {
  onlyThese({ AWS_ACCESS_KEY_ID: "AKIDONE", AWS_SECRET_ACCESS_KEY: "one", AWS_SESSION_TOKEN: "token" });
  const source = await chainOfAws();
  expect(await source()).toMatchObject({
    accessKeyId: "AKIDONE",
    secretAccessKey: "one",
    sessionToken: "token",
  });
  onlyThese({ AWS_ACCESS_KEY_ID: "AKIDTWO", AWS_SECRET_ACCESS_KEY: "two" });
  expect((await source()).accessKeyId).toBe("AKIDTWO");
});

test("a profile's keys, and those it gets later", async () => {
  const folder = await mkdtemp(join(tmpdir(), "todos-aws-"));
  const file = join(folder, "credentials");
  const profile = (name: string) =>
    writeFile(file, `[team]\naws_access_key_id = ${name}\naws_secret_access_key = secret\n`);
  await profile("AKIDONE");
  onlyThese({
    AWS_PROFILE: "team",
    AWS_SHARED_CREDENTIALS_FILE: file,
    AWS_CONFIG_FILE: join(folder, "config"),
  });
  const source = await chainOfAws();
  expect((await source()).accessKeyId).toBe("AKIDONE");
  await profile("AKIDTWO");
  expect((await source()).accessKeyId).toBe("AKIDTWO");
  await rm(folder, { recursive: true });
});

test("the role of a container: its endpoint is asked, with the token it requires", async () => {
  const asked: (string | null)[] = [];
  const endpoint = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request) => {
      asked.push(request.headers.get("authorization"));
      const Expiration = new Date(Date.now() + HOUR_MS).toISOString();
      return Response.json({
        AccessKeyId: "ASIATASK",
        SecretAccessKey: "role",
        Token: "session",
        Expiration,
      });
    },
  });
  onlyThese({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `${endpoint.url}credentials`,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "let me in",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_CONFIG_FILE: "/dev/null",
  });
  const source = await chainOfAws();
  for (let time = 0; time < 3; time++) {
    expect(await source()).toMatchObject({ accessKeyId: "ASIATASK", sessionToken: "session" });
  }
  expect(asked).toEqual(["let me in"]);
  await endpoint.stop();
});

test("no keys anywhere → an error that says so", async () => {
  onlyThese({ AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_CONFIG_FILE: "/dev/null" });
  const source = await chainOfAws();
  await expect(source()).rejects.toThrow("Could not load credentials from any providers");
});
