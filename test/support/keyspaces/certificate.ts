import { join } from "node:path";
import { finished } from "../binary.ts";
import { findJava17, jdkTool } from "../java/java.ts";

export interface Certificate {
  /** PKCS12, with the key. */
  readonly keystore: string;
  readonly password: string;
  /** PEM; signed by itself, so it is its own authority. */
  readonly caFile: string;
}

const VALID_DAYS = 30;

/** A key pair with a certificate for this host name alone: an address of the service is not in it. */
export async function makeCertificate(folder: string, hostName: string): Promise<Certificate> {
  const certificate = {
    keystore: join(folder, "server.p12"),
    password: crypto.randomUUID(),
    caFile: join(folder, "ca.pem"),
  };
  const store = [
    "-keystore",
    certificate.keystore,
    "-storetype",
    "PKCS12",
    "-storepass",
    certificate.password,
  ];
  await keytool(
    ...["-genkeypair", "-alias", "server", "-keyalg", "RSA", "-keysize", "2048"],
    ...["-validity", String(VALID_DAYS), "-dname", `CN=${hostName}`, "-ext", `SAN=dns:${hostName}`],
    ...store,
  );
  await keytool("-exportcert", "-rfc", "-alias", "server", "-file", certificate.caFile, ...store);
  return certificate;
}

async function keytool(...args: readonly string[]): Promise<void> {
  const { exitCode, stdout, stderr } = await finished([jdkTool(findJava17(), "keytool"), ...args]);
  if (exitCode !== 0) throw new Error(`keytool failed:\n${stdout}${stderr}`);
}
