import { join } from "node:path";
import { ROOT } from "../binary.ts";

/**
 * Value of XDG_CACHE_HOME for every test that needs the image as users build it, but is not about compressing it: that
 * takes a hundred seconds of a processor. With the folder it is done once, and another image takes seconds.
 */
export const PIECES_CACHE = join(ROOT, ".cache/deployer");
