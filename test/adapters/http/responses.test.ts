import { expect, test } from "bun:test";
import { reply } from "../../../src/adapters/http/kernel/reply.ts";
import { Responses } from "../../../src/adapters/http/kernel/responses.ts";

const ALWAYS = { "cross-origin-resource-policy": "same-origin", "x-content-type-options": "nosniff" };

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries(response.headers);
}

test("no header of an answer is left in the next one, and none changes later", () => {
  const responses = new Responses();
  const first = responses.of("POST", reply(201, { location: "/tasks/1", etag: '"1"' }, "{}"));
  const second = responses.of("GET", reply(304, { etag: '"2"' }));
  const third = responses.of("DELETE", reply(204, {}));

  expect(headersOf(first)).toMatchObject({ ...ALWAYS, location: "/tasks/1", etag: '"1"' });
  expect(headersOf(second)).toEqual({ ...ALWAYS, etag: '"2"' });
  expect(headersOf(third)).toEqual(ALWAYS);
});

test("an answer that can't be made leaves nothing in the next one", () => {
  const responses = new Responses();
  const impossible = reply(200, { location: "/a", etag: "line\nbreak", vary: "Accept" }, "{}");

  expect(() => responses.of("GET", impossible)).toThrow(TypeError);
  expect(headersOf(responses.of("GET", reply(204, {})))).toEqual(ALWAYS);
});

test("HEAD has the length of the body that GET would have, and no body", async () => {
  const response = new Responses().of("HEAD", reply(200, { "content-type": "text/plain" }, "é"));

  expect(response.headers.get("content-length")).toBe("2");
  expect(await response.text()).toBe("");
});
