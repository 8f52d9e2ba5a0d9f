import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "../../binary.ts";

const CLI = join(import.meta.dir, "children/container-cli.ts");

/** What podman needs without systemd and without a bridge. Tried on Debian 12. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
netns = "host"
pids_limit = 0
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
runtime = "runc"
events_logger = "file"
`;

/** How to start the emulator's containers. The program that the emulator calls reads this. */
export interface ContainerSettings {
  /** The emulator's address. */
  readonly endpoint: string;
  /** Host and port of the emulator's registry. */
  readonly registry: string;
  readonly podmanOptions: readonly string[];
  /** Host names and their addresses. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Files that a container sees under the same paths. */
  readonly mounts: readonly string[];
  /** Variables that override those of the task definition. */
  readonly environment: Readonly<Record<string, string>>;
}

/** The part of {@link ContainerSettings} that a test sets. */
export type Surroundings = Pick<ContainerSettings, "hosts" | "mounts" | "environment">;

export interface Containers extends AsyncDisposable {
  /** The value of FAKECLOUD_CONTAINER_CLI. */
  readonly program: string;
  /** Variables for the emulator's process, the parent of the containers. */
  readonly environment: Readonly<Record<string, string>>;
  podman(...argv: readonly string[]): Promise<string>;
}

/**
 * Prepares a podman that keeps its images, containers and state in this folder. Disposing of it ends every container.
 */
export async function layOutContainers(
  folder: string,
  endpoint: string,
  surroundings: Surroundings,
): Promise<Containers> {
  await mkdir(folder, { recursive: true });
  const registry = new URL(endpoint).host;
  // Podman refuses a path longer than 50 characters here.
  const runRoot = join(folder, "r");
  const podmanOptions = [
    ...[`--root=${join(folder, "root")}`, `--runroot=${runRoot}`, "--storage-driver=vfs"],
    ...["--cgroup-manager=cgroupfs", "--events-backend=file"],
  ];
  const settings: ContainerSettings = { endpoint, registry, podmanOptions, ...surroundings };
  const files = {
    "settings.json": JSON.stringify(settings),
    "containers.conf": CONTAINERS_CONF,
    "registries.conf": `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`,
    // The emulator needs the path of a single program.
    "container-cli": `#!/bin/sh\nexec ${process.execPath} ${CLI} "$@"\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const program = join(folder, "container-cli");
  await chmod(program, 0o755);
  const environment = {
    CONTAINER_SETTINGS: join(folder, "settings.json"),
    CONTAINERS_CONF: join(folder, "containers.conf"),
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
  };
  const podman = async (...argv: readonly string[]) => {
    const { exitCode, stdout, stderr } = await finished(["podman", ...podmanOptions, ...argv], {
      environment,
    });
    if (exitCode !== 0) throw new Error(`podman ${argv.join(" ")} failed:\n${stderr}`);
    return stdout;
  };
  return {
    program,
    environment,
    podman,
    [Symbol.asyncDispose]: async () => {
      await podman("rm", "--all", "--force", "--time=0");
    },
  };
}
