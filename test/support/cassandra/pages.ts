import type { Client, QueryOptions, types } from "cassandra-driver";

/**
 * Each page of an answer, however short. The stand-in for Amazon Keyspaces ends a page anywhere, and some are empty: the
 * driver's own loop takes such a page for the end.
 */
export async function* pagesOf(
  client: Client,
  cql: string,
  params: readonly unknown[] = [],
  options: QueryOptions = {},
): AsyncGenerator<readonly types.Row[], void, undefined> {
  let pageState: string | undefined;
  do {
    const place = pageState === undefined ? {} : { pageState };
    const page = await client.execute(cql, [...params], { ...options, ...place });
    yield page.rows;
    pageState = page.pageState ?? undefined;
  } while (pageState !== undefined);
}

/** The rows of all pages. */
export async function allRows(...query: Parameters<typeof pagesOf>): Promise<readonly types.Row[]> {
  return (await Array.fromAsync(pagesOf(...query))).flat();
}
