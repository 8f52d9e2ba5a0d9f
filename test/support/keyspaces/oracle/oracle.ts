import { join } from "node:path";
import type { AwsCredentials } from "../../../../src/adapters/cassandra/sigv4.ts";
import { findJava17 } from "../../java/java.ts";
import { jarsOf } from "../../java/maven.ts";
import { classesOf } from "../java-classes.ts";

export interface SigningCase {
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** 32 characters: the plugin takes no other. */
  readonly nonce: string;
  /** Left out: the plugin answers whole, at its own time. */
  readonly at?: Date;
}

/** Folder of the plugin's jars, fetched first where the cache has none. */
export function awsPluginJars(): Promise<string> {
  return jarsOf(join(import.meta.dir, "pom.xml"), "keyspaces-oracle");
}

/**
 * What AWS's own Java plugin answers to each case: the signature in hex where a time is given, else
 * `signature=…,access_key=…,amzdate=…[,session_token=…]`. One JVM for all of them, about a second.
 */
export async function awsPluginAnswers(cases: readonly SigningCase[]): Promise<string[]> {
  const jars = await awsPluginJars();
  const classes = await classesOf(import.meta.dir, jars);
  const java = join(findJava17(), "bin/java");
  const child = Bun.spawn([java, "-cp", `${classes}:${join(jars, "*")}`, "Sign"], {
    stdin: new Blob([cases.map(line).join("")]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`AWS's plugin failed:\n${stderr}`);
  return stdout.trimEnd().split("\n");
}

function line({ region, credentials, nonce, at }: SigningCase): string {
  const { accessKeyId, secretAccessKey, sessionToken = "" } = credentials;
  return `${[region, accessKeyId, secretAccessKey, sessionToken, nonce, at?.toISOString() ?? ""].join("\t")}\n`;
}
