/** Callers of the service at the URL given, for as many milliseconds as given; prints how many answers came. */
import { mixedLoad } from "../load.ts";

const load = mixedLoad(process.argv[2] ?? "");
await Bun.sleep(Number(process.argv[3]));
console.log(await load.stop());
// Connections that this process keeps open end with it.
process.exit(0);
