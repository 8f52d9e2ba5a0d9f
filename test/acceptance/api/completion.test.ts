import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

const STATUSES = ["pending", "in_progress", "completed"] as const;
type Status = (typeof STATUSES)[number] | undefined;
const COMPLETED = [undefined, false, true] as const;

/** The result by the design's rules; 422 if they give none. */
function expected(
  stored: Status,
  completed: boolean | undefined,
  status: Status,
  ifMatch: boolean,
  method: string,
): Status | 422 {
  const done = (value: Status) => value === "completed";
  if (completed === undefined && status === undefined) return method === "PATCH" ? stored : "pending";
  if (status === undefined) {
    if (method === "PATCH" && completed === done(stored)) return stored;
    return completed ? "completed" : "pending";
  }
  if (completed === undefined || completed === done(status)) return status;
  if (!ifMatch || stored === undefined) return 422;
  const completedEdited = completed !== done(stored);
  const statusEdited = status !== stored;
  if (completedEdited && statusEdited) return 422;
  return completedEdited ? (completed ? "completed" : "pending") : status;
}

for (const method of ["PUT", "PATCH"]) {
  for (const ifMatch of [false, true]) {
    describe(`${method} ${ifMatch ? "with" : "without"} If-Match`, () => {
      for (const stored of STATUSES) {
        test(`on a task that is ${stored}: every pair of completed and status`, async () => {
          for (const completed of COMPLETED) {
            for (const status of [undefined, ...STATUSES]) {
              const made = await client.post("/tasks", { todo: "x", status: stored });
              const headers = ifMatch ? { "if-match": made.header("etag") } : {};
              const reply = await client.ask(method, made.link("self"), {
                body: { todo: "x", completed, status },
                headers,
              });
              const given = `completed ${completed}, status ${status}`;
              const want = expected(stored, completed, status, ifMatch, method);
              if (want === 422) {
                expect([given, ...Object.values(problem(reply))]).toEqual([
                  given,
                  422,
                  "validation-failed",
                  ["/completed"],
                ]);
                expect((await client.get(made.link("self"))).header("etag")).toBe(made.header("etag"));
              } else {
                const { status: now, completed: done } = reply.json();
                expect({ given, answer: reply.status, now, done }).toEqual({
                  given,
                  answer: 200,
                  now: want ?? "",
                  done: want === "completed",
                });
              }
            }
          }
        });
      }
    });
  }
}

describe("POST", () => {
  test("accepts either; both if they agree, 422 if they don't", async () => {
    for (const completed of COMPLETED) {
      for (const status of [undefined, ...STATUSES]) {
        const reply = await client.post("/tasks", { todo: "x", completed, status });
        const want = expected(undefined, completed, status, false, "POST");
        const seen = reply.status === 201 ? reply.json().status : reply.status;
        expect([completed, status, seen]).toEqual([completed, status, want]);
      }
    }
  });
});

describe("the problem's message", () => {
  test("without If-Match, says to send one of the two, or If-Match", async () => {
    const task = await client.task();
    const reply = await client.patch(self(task), { completed: true, status: "pending" });
    expect(reply.json().errors[0]?.detail).toMatch(/only one of them.*If-Match/);
  });

  test("with If-Match: *, is the same as without", async () => {
    const task = await client.task();
    const reply = await client.patch(self(task), { completed: true, status: "pending" }, { "if-match": "*" });
    expect(problem(reply)).toEqual({ status: 422, code: "validation-failed", pointers: ["/completed"] });
  });

  test("a stale If-Match is 412, even if the body would be 422", async () => {
    const made = await client.post("/tasks", { todo: "x" });
    await client.patch(made.link("self"), { todo: "y" });
    const reply = await client.patch(
      made.link("self"),
      { completed: true, status: "pending" },
      { "if-match": made.header("etag") },
    );
    expect(reply.status).toBe(412);
  });
});
