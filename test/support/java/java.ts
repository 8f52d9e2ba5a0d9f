import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { finished } from "../binary.ts";

/** Cassandra 5.0 runs on Java 11 and 17; its options here are those for 17. */
const JAVA_MAJOR = 17;
/** Where Linux distributions and macOS put their JDKs, beside JAVA_HOME. */
const JVM_FOLDERS = ["/usr/lib/jvm", "/Library/Java/JavaVirtualMachines"];

/** Home directory of a Java 17 whose `bin/java` exists. @throws Error that says what to install. */
export function findJava17(environment: NodeJS.ProcessEnv = process.env): string {
  const home = [environment.JAVA_HOME ?? "", ...installedHomes()].find(isJava17);
  if (home) return home;
  throw new Error(
    `Cassandra needs Java ${JAVA_MAJOR}, and there is none in JAVA_HOME or ${JVM_FOLDERS.join(", ")}. ` +
      "Install it (Debian: apt-get install openjdk-17-jdk-headless) or set JAVA_HOME.",
  );
}

/** A tool of the JDK, e.g. javac or keytool. @throws Error if only a runtime is installed. */
export function jdkTool(javaHome: string, name: string): string {
  const path = join(javaHome, "bin", name);
  if (existsSync(path)) return path;
  throw new Error(`${javaHome} has no bin/${name}: install the JDK, not only the runtime.`);
}

/** Compiles Java sources against the class path into `outputFolder`. @throws Error with javac's words. */
export async function compileJava(
  sources: readonly string[],
  classPath: string,
  outputFolder: string,
): Promise<void> {
  const javac = jdkTool(findJava17(), "javac");
  const { exitCode, stderr } = await finished(
    [javac, "-encoding", "UTF-8", "-nowarn", "-proc:none", "-cp", classPath, "-d", outputFolder, ...sources],
    {},
  );
  if (exitCode !== 0) throw new Error(`javac failed:\n${stderr}`);
}

function installedHomes(): string[] {
  return JVM_FOLDERS.filter((folder) => existsSync(folder)).flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.includes(String(JAVA_MAJOR)))
      .sort()
      .flatMap((name) => [join(folder, name), join(folder, name, "Contents/Home")]),
  );
}

/** By its own `release` file: a JAVA_HOME may point at any version, and a folder's name may be all there is. */
function isJava17(home: string): boolean {
  if (home === "" || !existsSync(join(home, "bin/java"))) return false;
  const release = join(home, "release");
  if (!existsSync(release)) return home.includes(String(JAVA_MAJOR));
  return new RegExp(`JAVA_VERSION="${JAVA_MAJOR}[."]`).test(readFileSync(release, "utf8"));
}
