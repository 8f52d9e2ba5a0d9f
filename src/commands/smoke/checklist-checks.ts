import type { Check } from "./checks.ts";
import { expectHeader, expectSame, expectStatus, linkIn } from "./expectations.ts";

export const checklistChecks: readonly Check[] = [
  {
    sentence: "a checklist can be created, and Location is its self link",
    run: async (session) => {
      const body = { name: session.name };
      const created = await session.client.ask("POST", session.link("checklists"), { body });
      // Whatever else is wrong with it: it is there now, and has to be removed in the end.
      if (created.status === 201) session.listIs(created);
      expectStatus(created, 201);
      expectSame(`${created.asked}, member name`, created.json.name, session.name);
      expectSame(
        `${created.asked}, header Location`,
        created.headers.get("location"),
        linkIn(created, created.json, "self"),
      );
    },
  },
  {
    sentence: "the checklist can be read again",
    run: async (session) => {
      const read = await session.client.ask("GET", session.listLink("self"));
      expectStatus(read, 200);
      expectHeader(read, "content-type", /^application\/hal\+json/);
      expectSame(`${read.asked}, member name`, read.json.name, session.name);
    },
  },
  {
    sentence: "a known ETag is answered with 304 and no body",
    run: async (session) => {
      const url = session.listLink("self");
      const etag = expectHeader(await session.client.ask("GET", url), "etag", /^"[^"]+"$/);
      const again = await session.client.ask("GET", url, { headers: { "If-None-Match": etag } });
      expectStatus(again, 304);
      expectSame(`${again.asked}, body`, again.text, "");
    },
  },
];
