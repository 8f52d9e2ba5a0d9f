// A program with a generic HAL client: it knows relations and forms, but only one address.
// Usage: ketting.ts URL. Prints one JSON object with what it saw.
import { Client, type State } from "ketting";

interface Task {
  todo: string;
  status: string;
  priority: string;
  description?: string;
  completed: boolean;
}

const client = new Client(process.argv[2] ?? "");
const root = client.go();

const checklists = await root.follow("checklists");
const list = await checklists.postFollow({ data: { name: "Of a stranger" } });
const tasks = await list.follow("tasks");
const created = await tasks.postFollow({ data: { todo: "Walk", priority: "high", description: "Far" } });

// Edit what GET gave, and PUT it, links and all.
const read: State<Task> = await created.get();
read.data.todo = "Walk far";
await created.put(read);

// Submit the forms as they are filled in: nothing may change but what is filled in otherwise.
const filled = (state: State, name: string, changes: object = {}) => {
  const action = state.action(name);
  const values = action.fields.map((field) => [field.name, field.value ?? ""]);
  return action.submit({ ...Object.fromEntries(values), ...changes });
};
await filled(await created.refresh(), "patch");
const patched = (await created.refresh()).data;
await filled(await created.refresh(), "default", { status: "completed" });
const replaced = (await created.refresh()).data;

const embedded = (await tasks.refresh()).getEmbedded().map((state) => (state.data as Task).todo);

await (await created.refresh()).action("delete").submit({});
client.clearCache();
const afterwards = await created.get().catch((error: { status?: number }) => error.status);
await list.delete();
console.log(JSON.stringify({ patched, replaced, embedded, afterwards }));
