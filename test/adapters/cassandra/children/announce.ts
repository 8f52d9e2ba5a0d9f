// Announces a change and dies before it can say what became of it.
import { CassandraFeed } from "../../../../src/adapters/cassandra/feed/feed.ts";
import { Session } from "../../../../src/adapters/cassandra/session.ts";
import { KeptLog } from "../../sqlite/support.ts";
import { change, EPOCH, QUICK } from "../feed-support.ts";

const [settings = "", checklistId = ""] = process.argv.slice(2);
const session = await Session.connect(JSON.parse(settings));
const feed = new CassandraFeed({
  session,
  epoch: EPOCH,
  logger: new KeptLog(),
  clock: { now: Date.now },
  times: QUICK,
});
await feed.announce(change(checklistId));
process.kill(process.pid, "SIGKILL");
