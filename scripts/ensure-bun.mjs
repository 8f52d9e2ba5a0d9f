// Puts Bun's executable where node_modules/.bin/bun points, in case npm did not run Bun's own install
// script (newer npm releases, and --ignore-scripts, don't). Plain Node: there is no Bun before this.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** npm unpacks a stub of a few hundred bytes; the executable has a hundred million. */
const STUB_BYTES_MAX = 1_000_000;

const folder = fileURLToPath(new URL("../node_modules/bun/", import.meta.url));
const installed = statSync(`${folder}bin/bun.exe`, { throwIfNoEntry: false });
if (!installed) {
  console.error("node_modules is missing or incomplete. Run `npm ci` first.");
  process.exit(1);
}
if (installed.size < STUB_BYTES_MAX) {
  const { status } = spawnSync(process.execPath, ["install.js"], { cwd: folder, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
