import type { Check } from "./check.ts";
import type { Reply } from "./client.ts";
import {
  embeddedIn,
  expectHeader,
  expectProblem,
  expectSame,
  expectStatus,
  hasLink,
  linkIn,
} from "./expectations.ts";
import { NotReached } from "./outcomes.ts";
import type { SmokeRun } from "./smoke-run.ts";
import { withQuery } from "./smoke-run.ts";

const TASKS = [
  { todo: "smoke: first", status: "in_progress" },
  { todo: "smoke: second", priority: "high", dueDate: "2030-01-31", labels: ["smoke", "Büro"] },
  { todo: "smoke: third", completed: true },
] as const;
const PAGE_SIZE = "2";
/** More pages than these tasks can fill means that the paging goes in circles. */
const PAGES_MAX = TASKS.length + 1;

export const taskChecks: readonly Check[] = [
  {
    sentence: "tasks can be created in the checklist",
    run: async (smoke) => {
      const created: Reply[] = [];
      for (const body of TASKS) {
        const reply = await smoke.client.ask("POST", smoke.listLink("tasks"), { body });
        expectStatus(reply, 201);
        expectSame(`${reply.asked}, member todo`, reply.json.todo, body.todo);
        created.push(reply);
      }
      smoke.tasksAre(created);
    },
  },
  {
    sentence: "a task can be read again, with its defaults",
    run: async (smoke) => {
      const read = await smoke.client.ask("GET", smoke.task(1).url);
      expectStatus(read, 200);
      const { todo, completed, status, priority, dueDate, labels } = read.json;
      const expected = { ...TASKS[1], completed: false, status: "pending" };
      expectSame(read.asked, { todo, completed, status, priority, dueDate, labels }, expected);
    },
  },
  {
    sentence: "pages give every task once, in order",
    run: async (smoke) => {
      const seen: unknown[] = [];
      let next: string | undefined = withQuery(smoke.listLink("tasks"), { size: PAGE_SIZE });
      for (let pages = 0; next !== undefined && pages < PAGES_MAX; pages++) {
        const page: Reply = await smoke.client.ask("GET", next);
        expectStatus(page, 200);
        seen.push(...embeddedIn(page, "tasks").map(({ id }) => id));
        next = hasLink(page.json, "next") ? linkIn(page, page.json, "next") : undefined;
      }
      expectSame("ids of all pages", seen, knownIds(smoke));
    },
  },
  {
    sentence: "tasks can be filtered by status, completed, priority, labels, due date and words",
    run: async (smoke) => {
      const ids = knownIds(smoke);
      await expectFiltered(smoke, { status: "in_progress" }, [ids[0]]);
      await expectFiltered(smoke, { completed: "true" }, [ids[2]]);
      await expectFiltered(smoke, { priority: "high" }, [ids[1]]);
      await expectFiltered(smoke, { labels: "BÜRO,smoke" }, [ids[1]]);
      await expectFiltered(smoke, { dueAfter: "2030-01-30", dueBefore: "2030-02-01" }, [ids[1]]);
      await expectFiltered(smoke, { q: "buro sec" }, [ids[1]]);
    },
  },
  {
    sentence: "the agenda has the open task with a due date, or says that it is not complete yet",
    run: async (smoke) => {
      const ids = knownIds(smoke);
      const agenda = smoke.link("agenda").replace(/\{.*$/, "");
      const checklist = new URL(smoke.listLink("tasks")).searchParams.get("checklist") ?? "";
      const page = await smoke.client.ask("GET", withQuery(agenda, { until: TASKS[1].dueDate, checklist }));
      if (page.status === 503) {
        // On a cluster, while the tasks of an earlier release are being added to it.
        expectProblem(page, 503);
        expectHeader(page, "retry-after", /^\d+$/);
        return;
      }
      expectStatus(page, 200);
      expectSame(`${page.asked}, ids`, idsIn(page), [ids[1]]);
    },
  },
  {
    sentence: "the whole collection can be streamed as NDJSON, one task per line",
    run: async (smoke) => {
      const headers = { Accept: "application/x-ndjson" };
      const stream = await smoke.client.ask("GET", smoke.listLink("tasks"), { headers });
      expectStatus(stream, 200);
      expectHeader(stream, "content-type", /^application\/x-ndjson/);
      const lines = stream.text.split("\n").filter((line) => line !== "");
      expectSame(`${stream.asked}, ids`, lines.map(idOfLine), knownIds(smoke));
    },
  },
];

async function expectFiltered(
  smoke: SmokeRun,
  filter: Readonly<Record<string, string>>,
  ids: readonly unknown[],
): Promise<void> {
  const page = await smoke.client.ask("GET", withQuery(smoke.listLink("tasks"), filter));
  expectStatus(page, 200);
  expectSame(`${page.asked}, ids`, idsIn(page), ids);
}

function idsIn(page: Reply): readonly unknown[] {
  return embeddedIn(page, "tasks").map(({ id }) => id);
}

function knownIds(smoke: SmokeRun): readonly unknown[] {
  const ids = smoke.taskIds();
  if (ids.length === 0) throw new NotReached("the tasks could not be read");
  return ids;
}

function idOfLine(line: string): unknown {
  const found = /"id"\s*:\s*"([^"]*)"/.exec(line);
  return found?.[1];
}
