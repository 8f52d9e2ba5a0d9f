/** A checklist as the store has it. */
export interface Row {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

let counted = 0;

/** The body and headers of `todos`, written by hand; nothing in them depends on the request. */
export function answer(status: number, origin: string, row: Row): Response {
  const count = (0x1_0000_0000 + ++counted).toString(16).slice(1);
  const self = `${origin}/checklists/${row.id}`;
  const headers: Record<string, string> = {
    "content-type": "application/hal+json",
    etag: `"${row.version}.epoch0000000.variant"`,
    vary: "Accept, Accept-Encoding",
    "cache-control": "no-cache",
    "x-content-type-options": "nosniff",
    "x-request-id": `0123456789ab-${count}`,
    traceparent: `00-0123456789abcdef01234567${count}-01234567${count}-00`,
    "server-timing": "store;dur=0.005",
  };
  if (status === 201) headers.location = self;
  const body = {
    id: row.id,
    name: row.name,
    createdAt: new Date(row.created_at).toISOString(),
    updatedAt: new Date(row.updated_at).toISOString(),
    _links: {
      self: { href: self },
      tasks: { href: `${origin}/tasks?checklist=${row.id}` },
      collection: { href: `${origin}/checklists` },
    },
  };
  return new Response(JSON.stringify(body), { status, headers });
}
