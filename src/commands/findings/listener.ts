import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Sockets that listen, of both families: `sl local_address rem_address st … inode`. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const LISTENING = "0A";
const [LOCAL_ADDRESS, STATE, INODE] = [1, 3, 9];

/** Whether that process listens on the port; undefined if the system does not tell. */
export function listensOn(pid: number, port: number): boolean | undefined {
  try {
    const inodes = new Set(TABLES.flatMap((table) => listeningInodes(table, port)));
    return socketsOf(pid).some((socket) => inodes.has(socket));
  } catch {
    // No /proc, or another user's process: unknown.
    return undefined;
  }
}

function listeningInodes(table: string, port: number): readonly string[] {
  const lines = readFileSync(table, "utf8").trim().split("\n").slice(1);
  const rows = lines.map((line) => line.trim().split(/\s+/));
  return rows
    .filter(
      (cells) =>
        cells[STATE] === LISTENING && Number.parseInt(cells[LOCAL_ADDRESS]?.split(":")[1] ?? "", 16) === port,
    )
    .map((cells) => cells[INODE] ?? "");
}

/** Inodes, as texts. */
function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(target(`${folder}/${descriptor}`)) ?? [];
    return inode === undefined ? [] : [inode];
  });
}

/** Nothing for a descriptor that has been closed meanwhile. */
function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}
