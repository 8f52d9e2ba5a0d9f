/**
 * The service's root, absolute: the one address that the page knows. The HTML names it, because the page may stand at
 * another path, and the service below one.
 */
export function startUrl(): string {
  const link = document.querySelector<HTMLLinkElement>('link[rel="start"]');
  return link?.href ?? new URL("./", document.baseURI).href;
}
