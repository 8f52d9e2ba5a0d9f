let loading: Promise<void> | undefined;

/**
 * Loads the styles of all that is not on the first screen. Resolves when they apply; rejects when they don't come, and
 * may be tried again.
 */
export function laterStyles(): Promise<void> {
  loading ??= loaded().catch((error: unknown) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function loaded(): Promise<void> {
  const place = document.querySelector<HTMLLinkElement>('link[rel="later"]');
  if (place === null) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sheet = Object.assign(document.createElement("link"), { rel: "stylesheet", href: place.href });
  sheet.addEventListener("load", () => resolve());
  sheet.addEventListener("error", () => {
    sheet.remove();
    reject(new Error(place.href));
  });
  place.after(sheet);
  await promise;
}
