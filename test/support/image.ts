import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { finished, ROOT } from "./binary.ts";

const STORED_AS = "todos-under-test";
const BUILD_BASE = "todos-build-base";
/** Files that a build stage takes from this machine, beside the whole of /usr. */
const BASE_FILES = ["/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt"];
const USR_LINKS = ["bin", "sbin", "lib", "lib64"];

/** Part of an image's configuration, by Docker's names. */
export interface ImageConfig {
  readonly User: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Volumes: Readonly<Record<string, unknown>>;
  readonly ExposedPorts: Readonly<Record<string, unknown>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

export interface Image {
  readonly config: ImageConfig;
  /** Folder with the image's files. */
  readonly rootfs: string;
}

/** Why no image can be built and run here, or undefined. @param programs that it takes */
export function imageLack(programs: readonly string[] = ["buildah", "runc"]): string | undefined {
  if (process.getuid?.() !== 0) return "needs root";
  const missing = programs.filter((program) => Bun.which(program) === null);
  return missing.length === 0 ? undefined : `needs ${missing.join(" and ")}`;
}

/**
 * Builds the Dockerfile without a registry: the build stage's base is this machine's own /usr, mounted while it builds,
 * and the last stage stands on nothing.
 * @param folder empty; all of buildah's files go there
 */
export async function builtImage(folder: string): Promise<Image> {
  await buildahMust(folder, "build", "--isolation=chroot", "--tag", BUILD_BASE, await baseContext(folder));
  const options = ["--isolation=chroot", "--format=docker", "--volume=/usr:/usr:ro", "--tag", STORED_AS];
  await buildahMust(folder, "build", ...options, `--build-arg=BUILD_BASE=localhost/${BUILD_BASE}`, ROOT);
  const inspected = JSON.parse(await buildahMust(folder, "inspect", "--type=image", STORED_AS));
  const container = (await buildahMust(folder, "from", STORED_AS)).trim();
  const rootfs = (await buildahMust(folder, "mount", container)).trim();
  return { config: inspected.Docker.config, rootfs };
}

async function baseContext(folder: string): Promise<string> {
  const context = join(folder, "base");
  await mkdir(join(context, "files/usr"), { recursive: true });
  for (const link of USR_LINKS) await symlink(`usr/${link}`, join(context, "files", link));
  for (const file of BASE_FILES) await cp(file, join(context, "files", file), { dereference: true });
  for (const empty of ["tmp", "root"]) await mkdir(join(context, "files", empty));
  await Bun.write(join(context, "Dockerfile"), "FROM scratch\nCOPY files/ /\n");
  return context;
}

async function buildahMust(folder: string, ...args: readonly string[]): Promise<string> {
  const storage = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--storage-driver=vfs"];
  const { exitCode, stdout, stderr } = await finished(["buildah", ...storage, ...args]);
  if (exitCode !== 0) throw new Error(`buildah ${args[0]} failed:\n${stdout}${stderr}`);
  return stdout;
}

export interface Container {
  /** Runs a program inside as the user `uid:gid`; a container's health check runs as the image's. */
  exec(
    user: string,
    ...argv: readonly string[]
  ): Promise<{ readonly exitCode: number; readonly output: string }>;
  /** Options of each mount as the program inside sees them, by path: `ro,relatime`. */
  mounts(): Promise<ReadonlyMap<string, string>>;
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number>;
}

/**
 * Starts the image's entry point as its configuration says: its user, its variables; a read-only root, no
 * capability, and one writable folder, `data`. It shares this machine's network.
 */
export async function startedContainer(
  folder: string,
  image: Image,
  environment: Readonly<Record<string, string>>,
): Promise<Container> {
  const name = `todos-${process.pid}-${crypto.randomUUID()}`;
  const bundle = join(folder, "bundle");
  await mkdir(join(bundle, "data"), { recursive: true });
  const [uid = 0, gid = 0] = image.config.User.split(":").map(Number);
  await finished(["chown", `${uid}:${gid}`, join(bundle, "data")]);
  await Bun.write(join(bundle, "config.json"), JSON.stringify(runtimeConfig(image, environment, bundle)));
  const runc = ["runc", "--root", join(folder, "runc")];
  const child = Bun.spawn([...runc, "run", "--bundle", bundle, name], {
    stdin: "ignore",
    stdout: Bun.file(join(folder, "container.log")),
    stderr: Bun.file(join(folder, "container.err")),
  });
  const exec = async (...argv: readonly string[]) => {
    const user = ["--user", image.config.User];
    const { exitCode, stdout, stderr } = await finished([...runc, "exec", ...user, name, ...argv]);
    return { exitCode, output: stdout + stderr };
  };
  const mounts = async () => {
    const { stdout } = await finished([...runc, "state", name]);
    const text = await Bun.file(`/proc/${Number(JSON.parse(stdout).pid)}/mountinfo`).text();
    // "36 35 98:0 /in/the/file/system /mount/point ro,relatime …"
    const fields = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(" "));
    return new Map(fields.map((line) => [line[4] ?? "", line[5] ?? ""]));
  };
  const stop = async () => {
    await finished([...runc, "kill", name, "TERM"]);
    const exitCode = await child.exited;
    await rm(bundle, { recursive: true });
    return exitCode;
  };
  return { exec, mounts, stop };
}

function runtimeConfig(image: Image, environment: Readonly<Record<string, string>>, bundle: string) {
  const [uid, gid] = image.config.User.split(":").map(Number);
  const env = [...image.config.Env, ...Object.entries(environment).map(([key, value]) => `${key}=${value}`)];
  return {
    ociVersion: "1.0.2",
    process: {
      terminal: false,
      user: { uid, gid },
      args: image.config.Entrypoint,
      env,
      cwd: "/",
      noNewPrivileges: true,
    },
    root: { path: image.rootfs, readonly: true },
    mounts: [
      { destination: "/proc", type: "proc", source: "proc" },
      { destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755", "size=65536k"] },
      { destination: "/data", type: "bind", source: join(bundle, "data"), options: ["rbind", "rw"] },
    ],
    linux: { namespaces: ["pid", "ipc", "uts", "mount"].map((type) => ({ type })) },
  };
}
