import { describe, expect, test } from "bun:test";
import { judged, successesIn } from "../../scripts/checks/schemathesis.ts";
import { FAILED, PASSED } from "../../scripts/checks/step.ts";

const METHODS = ["GET", "PUT", "PATCH", "DELETE"];
const ROUTES = ["/checklists/{id}", "/tasks/{id}"];

const output = `API Operations:
  Selected: 27/27
     Scenarios:    39
     API Links:    26 covered / 92 selected / 92 total (82 inferred)
Test cases:
  2957 generated, 2957 passed

Seed: 1
`;

function metric(method: string, status: number, route: string, count: number): string {
  const labels = `http_request_method="${method}",http_response_status_code="${status}",http_route="${route}",url_scheme="http"`;
  return `http_server_request_duration_seconds_count{${labels}} ${count}\n`;
}

const everything = METHODS.flatMap((method) => ROUTES.map((route) => metric(method, 200, route, 7))).join("");

describe("the verdict about Schemathesis", () => {
  test("passes, with its counts, if nothing was found and every kind of row was used", () => {
    const verdict = judged({ exitCode: 0, output, successes: successesIn(everything) });
    expect(verdict).toMatchObject(PASSED);
    expect(verdict.notes?.join("\n")).toContain(
      "2957 generated, 2957 passed; API Links: 26 covered / 92 selected",
    );
    expect(verdict.notes?.join("\n")).toContain("DELETE /tasks/{id} 7");
  });

  test("fails where Schemathesis does", () => {
    expect(judged({ exitCode: 1, output, successes: successesIn(everything) })).toMatchObject(FAILED);
  });

  test("fails if no created row was ever deleted", () => {
    const withoutDelete = everything.replaceAll('"DELETE"', '"OPTIONS"');
    const verdict = judged({ exitCode: 0, output, successes: successesIn(withoutDelete) });
    expect(verdict).toMatchObject(FAILED);
    expect(verdict.output).toContain("never succeeded: DELETE /checklists/{id}, DELETE /tasks/{id}");
  });

  test("fails if nothing was tried at all", () => {
    expect(judged({ exitCode: 0, output: "", successes: successesIn(everything) })).toMatchObject(FAILED);
  });
});

test("successes are all answers of 2xx, added up", () => {
  const metrics =
    metric("DELETE", 204, "/tasks/{id}", 2) +
    metric("DELETE", 404, "/tasks/{id}", 40) +
    metric("DELETE", 200, "/tasks/{id}", 1);
  expect([...successesIn(metrics)]).toEqual([["DELETE /tasks/{id}", 3]]);
});
