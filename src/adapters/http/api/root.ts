import { INBOX_ID } from "../../../domain/checklist.ts";
import { documentationPage } from "../docs/docs.ts";
import { contentEtag } from "../kernel/etag.ts";
import type { Exchange } from "../kernel/exchange.ts";
import { HAL_FORMS, HTML } from "../kernel/media.ts";
import { SHOWS } from "../kernel/operation.ts";
import { type Reply, reply } from "../kernel/reply.ts";
import type { Route } from "../kernel/route.ts";
import { template } from "./forms.ts";
import { NEGOTIATED, ROOT_OFFERS } from "./pages.ts";
import { link } from "./representations.ts";
import { CHECKLIST_CREATE, TASK_CREATE } from "./schemas.ts";

export const rootRoute: Route = {
  path: "/",
  methods: { GET: { ...SHOWS, offers: ROOT_OFFERS, handle: root } },
};

function root(x: Exchange): Reply | Promise<Reply> {
  if (x.mediaType === HTML) return documentationPage();
  const { base } = x;
  const body = JSON.stringify({
    _links: {
      self: link(base.root()),
      checklists: link(base.checklists()),
      tasks: link(base.tasks(INBOX_ID)),
      "find-tasks": {
        href: base.at("/tasks{?checklist,status,completed,priority,size,after}"),
        templated: true,
      },
      "service-desc": link(base.at("/openapi.json")),
      "service-doc": link(base.at("/docs")),
      health: link(base.at("/actuator/health")),
      events: link(base.at("/events")),
    },
    ...(x.mediaType === HAL_FORMS ? { _templates: templates(x) } : {}),
  });
  const etag = contentEtag(base.variant(x.mediaType) + body);
  return reply(200, { ...NEGOTIATED, "content-type": x.mediaType, etag }, body);
}

function templates({ base }: Exchange): object {
  return {
    default: template("Create a checklist", "POST", base.checklists(), CHECKLIST_CREATE),
    "create-task": template("Create a task", "POST", base.tasks(INBOX_ID), TASK_CREATE),
  };
}
