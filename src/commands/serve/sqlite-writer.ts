/** Where the thread begins that writes to an SQLite file. */
import { runWriter } from "../../adapters/sqlite/writer-worker.ts";
import { loadSqliteParts } from "../../resources.ts";

runWriter(loadSqliteParts);
