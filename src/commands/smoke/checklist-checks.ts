import type { Check } from "./check.ts";
import { expectHeader, expectSame, expectStatus, linkIn } from "./expectations.ts";

export const checklistChecks: readonly Check[] = [
  {
    sentence: "a checklist can be created, and Location is its self link",
    run: async (smoke) => {
      const body = { name: smoke.name };
      const created = await smoke.client.ask("POST", smoke.link("checklists"), { body });
      // Whatever else is wrong with it: it exists now, and must be removed in the end.
      if (created.status === 201) smoke.listIs(created);
      expectStatus(created, 201);
      expectSame(`${created.asked}, member name`, created.json.name, smoke.name);
      expectSame(
        `${created.asked}, header Location`,
        created.headers.get("location"),
        linkIn(created, created.json, "self"),
      );
    },
  },
  {
    sentence: "the checklist can be read again",
    run: async (smoke) => {
      const read = await smoke.client.ask("GET", smoke.listLink("self"));
      expectStatus(read, 200);
      expectHeader(read, "content-type", /^application\/hal\+json/);
      expectSame(`${read.asked}, member name`, read.json.name, smoke.name);
    },
  },
  {
    sentence: "a known ETag is answered with 304 and no body",
    run: async (smoke) => {
      const url = smoke.listLink("self");
      const etag = expectHeader(await smoke.client.ask("GET", url), "etag", /^"[^"]+"$/);
      const again = await smoke.client.ask("GET", url, { headers: { "If-None-Match": etag } });
      expectStatus(again, 304);
      expectSame(`${again.asked}, body`, again.text, "");
    },
  },
];
