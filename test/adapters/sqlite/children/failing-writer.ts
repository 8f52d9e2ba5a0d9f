/** A writer's thread on a full disk: nothing works until the third probe. */
import type { FromWriter, ToWriter } from "../../../../src/adapters/sqlite/writes.ts";

declare const self: Worker;

const FULL = { code: "SQLITE_FULL", message: "database or disk is full" };
let probes = 0;

self.onmessage = ({ data }: MessageEvent<string>) => {
  const message: ToWriter = JSON.parse(data);
  if (message.kind === "batch") {
    answer({ kind: "batch", ends: message.writes.map(() => ({ failure: FULL })), commits: 0 });
  } else if (message.kind === "probe") {
    probes++;
    answer({ kind: "probed", ...(probes < 3 && { failure: FULL }) });
  } else if (message.kind === "close") answer({ kind: "closed" });
};

function answer(message: FromWriter): void {
  self.postMessage(JSON.stringify(message));
}
