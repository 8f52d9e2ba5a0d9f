import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, problem, self } from "../../support/client.ts";
import { type Service, startService } from "../../support/service.ts";

/** One character of two UTF-16 units and four bytes. */
const EMOJI = "🧺";
const BLANKS = "\t\n\v\f\r \u00a0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff";

let service: Service;
let client: Client;
beforeAll(async () => {
  service = await startService();
  client = new Client(service.url);
});
afterAll(() => service[Symbol.asyncDispose]());

const LIMITS = [
  ["/checklists", "name", 200, {}],
  ["/tasks", "todo", 1_000, {}],
  ["/tasks", "description", 10_000, { todo: "x" }],
] as const;

for (const [path, member, most, others] of LIMITS) {
  describe(`${member} of POST ${path}`, () => {
    test(`may have ${most} characters, counted as code points after trimming`, async () => {
      for (const char of ["x", EMOJI, "é", "e\u0301".slice(1)]) {
        const text = char.repeat(most);
        const made = await client.post(path, { ...others, [member]: ` ${BLANKS}${text}\u3000` });
        expect([char, made.status, made.json()[member]]).toEqual([char, 201, text]);
        const long = await client.post(path, { ...others, [member]: `${text}${char}` });
        expect([char, ...problem(long).pointers]).toEqual([char, `/${member}`]);
        expect(long.status).toBe(422);
      }
    });

    test("may not be empty or blank, or contain NUL or half of a surrogate pair", async () => {
      for (const text of [
        // An empty optional member counts as left out.
        ...(member === "description" ? [] : ['""']),
        '"   "',
        JSON.stringify(BLANKS),
        '"a\\u0000b"',
        '"a\\ud83e"',
        '"\\udddda"',
        '"\\udd00\\ud83e"',
      ]) {
        const body = `{"todo":"x","${member}":${text}}`.replace(member === "todo" ? '"todo":"x",' : /^$/, "");
        const reply = await client.post(path, path === "/checklists" ? `{"name":${text}}` : body);
        expect([text, reply.status, ...problem(reply).pointers]).toEqual([text, 422, `/${member}`]);
      }
    });

    test("stays as it is inside: no normalisation, no escaping", async () => {
      for (const text of [
        "e\u0301 ≠ é",
        "<b>&amp;</b>",
        "a\n\tb",
        '"quoted" \\ back',
        "\u0001\u007f",
        "ﷺ",
        "👨‍👩‍👧‍👦",
        "\ufffd",
        "__proto__",
      ]) {
        const made = await client.post(path, { ...others, [member]: text });
        expect([made.status, made.json()[member]]).toEqual([201, text]);
        expect((await client.get(made.header("location"))).json()[member]).toBe(text);
      }
    });
  });
}

describe("odd JSON", () => {
  test("__proto__, constructor and toString are unknown members like any other, and change nothing", async () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const reply = await client.post("/tasks", `{"todo":"x","${name}":{"priority":"high"}}`);
      expect(problem(reply)).toEqual({ status: 422, code: "validation-failed", pointers: [`/${name}`] });
    }
    expect((await client.post("/tasks", '{"__proto__":{"todo":"inherited"}}')).status).toBe(422);
    const task = await client.task();
    expect(task.priority).toBe("medium");
  });

  test("a lone surrogate in a member's name gets an answer", async () => {
    const reply = await client.post("/tasks", '{"todo":"x","\\ud800":1}');
    expect(problem(reply).pointers).toEqual(["/\ufffd"]);
  });

  test("deep nesting, huge numbers and many members are 4xx", async () => {
    const deep = `{"todo":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    const wide = `{${Array.from({ length: 10_000 }, (_, i) => `"m${i}":1`).join(",")}}`;
    for (const body of [deep, wide, '{"todo":1e999}', `{"todo":${"9".repeat(10_000)}}`]) {
      expect([400, 422]).toContain((await client.post("/tasks", body)).status);
    }
  });
});

describe("dueDate", () => {
  test("is an existing day, written in full", async () => {
    for (const dueDate of [
      "2026-02-28",
      "2028-02-29",
      "2000-02-29",
      "0001-01-01",
      "9999-12-31",
      "0000-01-01",
    ]) {
      const made = await client.post("/tasks", { todo: "x", dueDate });
      expect([dueDate, made.status, made.json().dueDate]).toEqual([dueDate, 201, dueDate]);
    }
  });

  test("anything else → 422", async () => {
    const odd = [
      "2026-02-29",
      "1900-02-29",
      "2026-13-01",
      "2026-00-10",
      "2026-04-31",
      "2026-4-1",
      "20260401",
      "2026-04-01T00:00:00Z",
    ];
    for (const dueDate of [...odd, " 2026-04-01", "２０２６-04-01", "+2026-04-01", 20260401, true, {}]) {
      const reply = await client.post("/tasks", { todo: "x", dueDate });
      expect([dueDate, ...problem(reply).pointers]).toEqual([dueDate, "/dueDate"]);
    }
  });
});

test("choices are exact words", async () => {
  const task = await client.task();
  for (const [name, value] of [
    ["status", "PENDING"],
    ["status", "pending "],
    ["priority", "urgent"],
    ["priority", ["low"]],
    ["completed", 1],
    ["completed", "true"],
  ] as const) {
    expect(problem(await client.patch(self(task), { [name]: value })).pointers).toEqual([`/${name}`]);
  }
});
