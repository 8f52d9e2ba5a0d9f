import { expect, setDefaultTimeout, test } from "bun:test";
import { deploy } from "../../src/application/deploy/deploy.ts";
import { diff } from "../../src/application/deploy/diff.ts";
import { verify } from "../../src/application/deploy/verify.ts";
import type { DeploymentSettings } from "../../src/domain/deployment/settings.ts";
import { todos } from "../commands/todos-process.ts";
import { recordsOf, textsOf } from "../support/aws/double/fields.ts";
import { type Aws, startAws } from "../support/aws/double/start.ts";
import { engineWith, failureOf, JOURNEY_TIMEOUT_MS, OPTIONS } from "./engines.ts";
import { SETTINGS } from "./support.ts";

setDefaultTimeout(JOURNEY_TIMEOUT_MS);

const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:111122223333:secret:${name}-AbCdEf`;
const OIDC_SECRET = arn("todos/oidc");
const PROXY_SECRET = arn("todos/proxy");
const WITH_OIDC = {
  auth: "accounts",
  publicUrl: "https://todos.example",
  oidcIssuer: "https://id.example",
  oidcClientId: "todos",
  oidcClientSecretArn: OIDC_SECRET,
} as const satisfies Partial<DeploymentSettings>;

function withSettings(more: Partial<DeploymentSettings>) {
  return { ...OPTIONS, settings: { ...SETTINGS, ...more } };
}

/** The line of a resource in a stack, with its properties. */
function resource(aws: Aws, place: string): string {
  return aws.resources().find((line) => line.startsWith(`${place} `)) ?? "";
}

/** Of the checks that ran in tasks of their own, without the address. */
function smokes(aws: Aws): readonly string[] {
  const commands = aws.calls
    .filter(({ action }) => action === "RunTask")
    .map(({ input }) => recordsOf(Object(input).overrides ?? {}, "containerOverrides"))
    .map(([override = {}]) => textsOf(override, "command"));
  return commands.filter(([name]) => name === "smoke").map((words) => words.slice(0, -1).join(" "));
}

test("without accounts nothing is about secrets, and the checks make no token", async () => {
  await using aws = await startAws();
  await deploy(engineWith(aws, "one"), OPTIONS);
  expect(aws.resources().filter((line) => /secretsmanager/i.test(line))).toEqual([]);
  expect(resource(aws, "TodosEcsStack/TaskDefinition")).toContain('{"Name":"TODOS_AUTH","Value":"none"}');
  expect(resource(aws, "TodosEcsStack/TaskDefinition")).not.toContain('"Secrets"');
  expect(new Set(smokes(aws))).toEqual(new Set(["smoke"]));
});

test("--auth accounts: the service gets its settings and secrets, least privilege to read them, a way to them; a later deploy keeps all", async () => {
  await using aws = await startAws();
  await deploy(engineWith(aws, "one"), withSettings(WITH_OIDC));
  const task = resource(aws, "TodosEcsStack/TaskDefinition");
  for (const [name, value] of [
    ["TODOS_AUTH", "accounts"],
    ["TODOS_PUBLIC_URL", "https://todos.example"],
    ["TODOS_OIDC_ISSUER", "https://id.example"],
    ["TODOS_OIDC_CLIENT_ID", "todos"],
    ["TODOS_OIDC_SIGN_UP", ""],
  ])
    expect(task).toContain(JSON.stringify({ Name: name, Value: value }));
  expect(task).toContain(`"Secrets":[{"Name":"TODOS_OIDC_CLIENT_SECRET","ValueFrom":"${OIDC_SECRET}"}]`);
  const allowed = `"Action":"secretsmanager:GetSecretValue","Effect":"Allow"`;
  const role = resource(aws, "TodosClusterStack/ExecutionRole");
  expect(role).toContain(`${allowed},"Resource":["${OIDC_SECRET}"]`);
  for (const other of ["TaskRole", "OneOffTaskRole"])
    expect(resource(aws, `TodosClusterStack/${other}`)).not.toContain("secretsmanager");
  const endpoint = resource(aws, "TodosNetworkStack/SecretsManagerEndpoint");
  expect(endpoint).toContain('"ServiceName":"com.amazonaws.eu-west-1.secretsmanager"');
  expect(endpoint).toContain(`"Resource":["${OIDC_SECRET}"]`);
  expect(endpoint).toContain('"aws:PrincipalAccount":"111122223333"');
  expect(new Set(smokes(aws))).toEqual(new Set(["smoke --make-token"]));

  expect(await diff(engineWith(aws, "one"), OPTIONS)).toBe(false);
  await deploy(engineWith(aws, "two"), withSettings({ oidcName: "Pocket ID" }));
  const after = resource(aws, "TodosEcsStack/TaskDefinition");
  expect(after).toContain('{"Name":"TODOS_OIDC_NAME","Value":"Pocket ID"}');
  expect(after).toContain(OIDC_SECRET);
  await verify(engineWith(aws, "two"), SETTINGS);
  expect(new Set(smokes(aws))).toEqual(new Set(["smoke --make-token"]));
});

test("accounts turned on later: diff names what changes; a proxy's secret joins the provider's", async () => {
  await using aws = await startAws();
  await deploy(engineWith(aws, "one"), OPTIONS);
  const looking = engineWith(aws, "one");
  expect(await diff(looking, withSettings(WITH_OIDC))).toBe(true);
  const changes = looking.of("plan")[0]?.stacks.flatMap((stack) => stack.changes) ?? [];
  expect(changes.map(({ logicalId }) => logicalId).sort()).toContain("SecretsManagerEndpoint");
  expect(changes.map(({ logicalId }) => logicalId)).toContain("ExecutionRole");
  await deploy(engineWith(aws, "one"), withSettings(WITH_OIDC));
  const proxy = {
    trustedProxies: "10.1.0.0/16",
    authProxyHeader: "Remote-User",
    authProxySecretArn: PROXY_SECRET,
  };
  await deploy(engineWith(aws, "one"), withSettings(proxy));
  for (const place of ["TodosNetworkStack/SecretsManagerEndpoint", "TodosClusterStack/ExecutionRole"])
    expect(resource(aws, place)).toContain(`"Resource":["${OIDC_SECRET}","${PROXY_SECRET}"]`);
  expect(resource(aws, "TodosEcsStack/TaskDefinition")).toContain(
    `{"Name":"TODOS_AUTH_PROXY_SECRET","ValueFrom":"${PROXY_SECRET}"}`,
  );
});

test("an existing network's endpoint for secrets is used as it is", async () => {
  await using aws = await startAws();
  const own = engineWith(aws, "one");
  await deploy(own, withSettings(WITH_OIDC));
  const first = await own.stacks.describe("TodosNetworkStack");
  const { VpcId: vpc = "", SubnetIds = "" } = first?.outputs ?? {};
  const beside = engineWith(aws, "one", { environment: "beside" });
  await deploy(beside, withSettings({ ...WITH_OIDC, network: { vpc, subnets: SubnetIds.split(",") } }));
  const kept = beside.of("finding").find(({ what }) => what.includes("used as they are"));
  expect(kept?.what).toEndWith("secretsmanager");
  expect(resource(aws, "TodosNetworkStack-beside/SecretsManagerEndpoint")).toBe("");
});

test.each<[string, Partial<DeploymentSettings>, string]>([
  [
    "a provider without a client",
    { auth: "accounts", oidcIssuer: "https://id.example" },
    "its issuer and a client",
  ],
  [
    "a secret without a provider",
    { auth: "accounts", oidcClientSecretArn: OIDC_SECRET },
    "its issuer and a client",
  ],
  [
    "a proxy without a secret",
    { auth: "accounts", authProxyHeader: "Remote-User" },
    "a header, a secret and an",
  ],
  [
    "a proxy without an address",
    { auth: "accounts", authProxyHeader: "Remote-User", authProxySecretArn: PROXY_SECRET },
    "a header, a secret and an",
  ],
  ["the client as audience", { ...WITH_OIDC, oidcAudience: "todos" }, "ID tokens would open the API"],
  [
    "a provider without accounts",
    { ...WITH_OIDC, auth: undefined as never },
    "ways to sign in need accounts",
  ],
])("%s is refused in step 1, before anything is changed", async (_, settings, message) => {
  await using aws = await startAws();
  const engine = engineWith(aws, "one");
  expect((await failureOf(deploy(engine, withSettings(settings)))).message).toContain("nothing was changed");
  expect(engine.of("finding").filter(({ level }) => level === "problem")[0]?.what).toContain(message);
  expect(aws.calls.filter(({ isMutating }) => isMutating)).toEqual([]);
});

test("what can't be meant is a usage error: a secret instead of its ARN, a provider over HTTP", async () => {
  const words = ["--oidc-client-secret", "hunter2", "--oidc-issuer", "http://id.example"];
  const { code, stderr } = await todos(["deploy", ...words]);
  expect(code).toBe(2);
  expect(stderr).toContain('--oidc-issuer is "http://id.example"; it must be an https URL');
  expect(stderr).toContain("--oidc-client-secret is not acceptable; it must be the ARN of a secret");
  expect(stderr).not.toContain("hunter2");
});
