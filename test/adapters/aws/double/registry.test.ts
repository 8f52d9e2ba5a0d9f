import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import {
  BatchDeleteImageCommand,
  DescribeImagesCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
} from "@aws-sdk/client-ecr";
import { type Aws, startAws } from "../../../support/aws/double/start.ts";
import { cloudFormation } from "./cloudformation-support.ts";

// Virtual time passes at once, but the machine may be busy.
setDefaultTimeout(60_000);

const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const HALF_DAY_MS = 12 * 3_600_000;
const REPOSITORY = `
Resources:
  Repository:
    Type: AWS::ECR::Repository
    Properties: { RepositoryName: todos, ImageTagMutability: IMMUTABLE }
`;

function digestOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

interface Sent {
  readonly body?: string;
  readonly headers?: Record<string, string>;
}
type Send = (method: string, path: string, sent?: Sent) => Promise<Response>;

interface Bench {
  readonly ecr: ECRClient;
  readonly token: string;
  readonly send: Send;
  upload(text: string): Promise<{ readonly digest: string; readonly size: number }>;
  /** Pushes an image with one layer. */
  push(layer: string, tag: string): Promise<Response>;
}

/** A registry with an empty repository, and someone who has signed in. */
async function registry(aws: Aws): Promise<Bench> {
  await cloudFormation(aws).deploy("Images", REPOSITORY);
  const ecr = new ECRClient({ ...aws.client, maxAttempts: 1 });
  const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
  const { authorizationToken: token = "", proxyEndpoint = "" } = authorizationData?.[0] ?? {};
  const send: Send = (method, path, { body, headers } = {}) =>
    fetch(new URL(path, proxyEndpoint), {
      method,
      body: body ?? null,
      headers: { authorization: `Basic ${token}`, ...headers },
    });
  const upload = async (text: string) => {
    const begun = await send("POST", "/v2/todos/blobs/uploads/");
    const location = begun.headers.get("location") ?? "";
    const done = await send("PUT", `${location}?digest=${digestOf(text)}`, { body: text });
    expect(done.status).toBe(201);
    return { digest: digestOf(text), size: text.length };
  };
  const push = async (layer: string, tag: string) => {
    const body = manifestOf(await upload("{}"), await upload(layer));
    return send("PUT", `/v2/todos/manifests/${tag}`, { body, headers: { "content-type": MANIFEST_TYPE } });
  };
  return { ecr, token, send, upload, push };
}

function manifestOf(config: object, layer: object, more: object = {}): string {
  return JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers: [layer], ...more });
}

async function codeOf(response: Response): Promise<string> {
  const { errors } = (await response.json()) as { errors: { code: string }[] };
  return `${response.status} ${errors[0]?.code}`;
}

describe("the double: the registry", () => {
  test("asks for a password, and refuses a wrong and an old one", async () => {
    await using aws = await startAws();
    const { send } = await registry(aws);
    const bare = await fetch(`${aws.endpoint}/v2/`);
    expect(bare.headers.get("www-authenticate")).toStartWith("Basic ");
    expect(await codeOf(bare)).toBe("401 UNAUTHORIZED");
    expect(await codeOf(await send("GET", "/v2/", { headers: { authorization: "Basic bm86bm8=" } }))).toBe(
      "403 DENIED",
    );
    expect((await send("GET", "/v2/")).status).toBe(200);
    await aws.clock.wait(HALF_DAY_MS);
    expect(await codeOf(await send("GET", "/v2/"))).toBe("403 DENIED");
  });

  test("keeps a pushed image, lists it, and returns it", async () => {
    await using aws = await startAws();
    const { ecr, push, send } = await registry(aws);
    const pushed = await push("layer", "one");
    expect(pushed.status).toBe(201);
    const imageDigest = pushed.headers.get("docker-content-digest") ?? "";
    const { imageDetails } = await ecr.send(new DescribeImagesCommand({ repositoryName: "todos" }));
    expect(imageDetails?.[0]).toMatchObject({ imageDigest, imageTags: ["one"], imageSizeInBytes: 7 });
    const manifest = await send("GET", "/v2/todos/manifests/one");
    expect(digestOf(await manifest.text())).toBe(imageDigest);
    expect(await (await send("GET", `/v2/todos/blobs/${digestOf("layer")}`)).text()).toBe("layer");
    expect(aws.resources()).toContain(`image todos@${imageDigest} [one]`);
  });

  test("a tag is set once, except again to the same image; a wrong digest and a missing layer are refused", async () => {
    await using aws = await startAws();
    const { push, send, upload } = await registry(aws);
    expect((await push("layer", "one")).status).toBe(201);
    expect((await push("layer", "one")).status).toBe(201);
    expect(await codeOf(await push("another", "one"))).toBe("400 TAG_INVALID");
    const body = manifestOf(await upload("{}"), { digest: digestOf("never sent"), size: 10 });
    expect(await codeOf(await send("PUT", "/v2/todos/manifests/two", { body }))).toBe("404 BLOB_UNKNOWN");
    const begun = await send("POST", "/v2/todos/blobs/uploads/");
    const wrong = await send("PUT", `${begun.headers.get("location")}?digest=${digestOf("b")}`, {
      body: "a",
    });
    expect(await codeOf(wrong)).toBe("400 DIGEST_INVALID");
    expect(await codeOf(await send("GET", "/v2/other/manifests/one"))).toBe("404 NAME_UNKNOWN");
  });

  test("an upload in pieces that is cut resumes where it was; a piece at another position is refused", async () => {
    await using aws = await startAws();
    const { send } = await registry(aws);
    const location = (await send("POST", "/v2/todos/blobs/uploads/")).headers.get("location") ?? "";
    const piece = (body: string, start: number) => ({
      body,
      headers: { "content-range": `${start}-${start + body.length - 1}` },
    });
    expect((await send("PATCH", location, piece("first ", 0))).headers.get("range")).toBe("0-5");
    aws.plant.interruptUpload(3);
    await expect(send("PATCH", location, piece("second", 6))).rejects.toThrow();
    expect((await send("GET", location)).headers.get("range")).toBe("0-8");
    expect((await send("PATCH", location, piece("second", 6))).status).toBe(416);
    expect((await send("PATCH", location, piece("ond", 9))).status).toBe(202);
    expect((await send("PUT", `${location}?digest=${digestOf("first second")}`)).status).toBe(201);
    expect((await send("HEAD", `/v2/todos/blobs/${digestOf("first second")}`)).status).toBe(200);
  });

  test("an artifact that refers to an image is found from there", async () => {
    await using aws = await startAws();
    const { push, send, upload } = await registry(aws);
    const digest = (await push("layer", "one")).headers.get("docker-content-digest") ?? "";
    const subject = { mediaType: MANIFEST_TYPE, digest, size: 1 };
    const body = manifestOf(await upload("{}"), await upload("sbom"), {
      subject,
      artifactType: "application/spdx+json",
    });
    const sent = await send("PUT", `/v2/todos/manifests/${digestOf(body)}`, { body });
    expect(sent.headers.get("oci-subject")).toBe(digest);
    const index = (await (await send("GET", `/v2/todos/referrers/${digest}`)).json()) as {
      manifests: object[];
    };
    expect(index.manifests).toEqual([
      expect.objectContaining({ digest: digestOf(body), artifactType: "application/spdx+json" }),
    ]);
  });

  test("its requests are calls too: recorded with the permission they need, cut, and the end of a deployer", async () => {
    await using aws = await startAws();
    const { push, send } = await registry(aws);
    await push("layer", "one");
    const actions = aws.calls.filter((call) => call.service === "registry").map((call) => call.iamAction);
    expect([...new Set(actions)]).toEqual([
      "ecr:InitiateLayerUpload",
      "ecr:CompleteLayerUpload",
      "ecr:PutImage",
    ]);
    aws.after = (call) => (call.action === "PUT manifests" ? "kill" : undefined);
    await expect(push("layer", "two")).rejects.toThrow();
    expect(aws.resources().find((line) => line.startsWith("image "))).toEndWith("[one, two]");
    await expect(send("GET", "/v2/")).rejects.toThrow();
  });

  test("deleting images: by digest with their tags, by tag only the tag; missing ones are reported", async () => {
    await using aws = await startAws();
    const { ecr } = await registry(aws);
    const one = aws.plant.image("todos", "one");
    aws.plant.image("todos", "two");
    const remove = (imageIds: object[]) =>
      ecr.send(new BatchDeleteImageCommand({ repositoryName: "todos", imageIds }));
    await remove([{ imageDigest: one }, { imageTag: "two" }]);
    expect(aws.resources().filter((line) => line.startsWith("image "))).toEqual([]);
    expect((await remove([{ imageDigest: one }])).failures?.[0]?.failureCode).toBe("ImageNotFound");
    const other = ecr.send(new DescribeRepositoriesCommand({ repositoryNames: ["other"] }));
    await expect(other).rejects.toMatchObject({ name: "RepositoryNotFoundException" });
  });
});
