// The container program that fakecloud calls: podman, with three things that Fargate gives a task and podman on one
// machine does not. A task gets its own network interface: here, the private address that the emulator reports, on the
// loopback device of the test's network namespace. It finds Amazon Keyspaces and its certificate authority: here, the
// stand-in's. It has its role's credentials: here, those that the stand-in accepts.
import type { ContainerSettings } from "../containers.ts";
import { asking } from "../emulator.ts";

const settings: ContainerSettings = JSON.parse(await Bun.file(process.env.CONTAINER_SETTINGS ?? "").text());
const [verb = "", ...rest] = process.argv.slice(2);

const ask = asking(settings.endpoint);

process.exit(verb === "network" ? 0 : await podman(verb === "run" ? await ofTask(rest) : [verb, ...rest]));

async function podman(argv: readonly string[]): Promise<number> {
  const child = Bun.spawn(["podman", ...settings.podmanOptions, ...argv], {
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  return await child.exited;
}

async function ofTask(words: readonly string[]): Promise<string[]> {
  const image = words.findIndex((word) => word.startsWith(`${settings.registry}/`));
  if (image < 0) throw new Error(`no image of ${settings.registry} in: ${words.join(" ")}`);
  const address = await privateAddress(taskId(words));
  await run("ip", "address", "replace", `${address}/32`, "dev", "lo");
  const variables = { ...settings.environment, TODOS_HOST: address };
  return [
    "run",
    ...withoutPairs(words.slice(0, image), ["--network", "--publish"]),
    "--network=host",
    ...Object.entries(settings.hosts).map(([name, target]) => `--add-host=${name}:${target}`),
    ...settings.mounts.map((path) => `--volume=${path}:${path}:ro`),
    ...Object.entries(variables).map(([name, value]) => `--env=${name}=${value}`),
    ...words.slice(image),
  ];
}

function taskId(words: readonly string[]): string {
  const label = words.map((word) => /^fakecloud-ecs-task=(\w+)$/.exec(word)?.[1]).find(Boolean);
  if (!label) throw new Error(`no task in: ${words.join(" ")}`);
  return label;
}

/** Asks the emulator for the IPv4 address of a task's network interface. */
async function privateAddress(task: string): Promise<string> {
  for (const cluster of (await ask("ecs", "ListClusters", {})).clusterArns) {
    const { tasks } = await ask("ecs", "DescribeTasks", { cluster, tasks: [task] });
    const details = tasks?.[0]?.attachments?.[0]?.details ?? [];
    for (const { name, value } of details) if (name === "privateIPv4Address") return value;
  }
  throw new Error(`task ${task} has no address`);
}

async function run(...argv: readonly string[]): Promise<void> {
  const child = Bun.spawn([...argv], { stdout: "ignore", stderr: "inherit" });
  if ((await child.exited) !== 0) throw new Error(`${argv.join(" ")} failed`);
}

/** Removes these options and their values. */
function withoutPairs(words: readonly string[], options: readonly string[]): string[] {
  return words.filter((word, n) => !options.includes(word) && !options.includes(words[n - 1] ?? ""));
}
