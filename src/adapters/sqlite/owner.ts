import { chmodSync, chownSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { StoreOpenError } from "../../application/store-open-error.ts";
import { FILE_MODE } from "./files.ts";
import { reasonOf } from "./reasons.ts";

const PERMISSIONS = 0o777;

/**
 * Gives `path` the owner and the mode of the file that it will replace, or, if there was none, the owner of its folder:
 * root may restore what another user serves.
 * @throws StoreOpenError
 */
export function keepOwner(path: string, target: string, replaced: boolean): void {
  const { uid, gid, mode } = statSync(replaced ? target : dirname(target));
  const own = statSync(path);
  const mayGiveAway = replaced || process.getuid?.() === 0;
  try {
    if (mayGiveAway && (own.uid !== uid || own.gid !== gid)) chownSync(path, uid, gid);
    chmodSync(path, replaced ? mode & PERMISSIONS : FILE_MODE);
  } catch (error) {
    throw new StoreOpenError(
      `${target} belongs to user ${uid}, group ${gid}, and what is restored can't be given to them (${reasonOf(error)}): run todos restore as that user, or as root.`,
      error,
    );
  }
}
