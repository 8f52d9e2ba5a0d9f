/** No store of this service or of the original ever made longer ids. */
export const ID_CHARS_MAX = 255;

/** Whether `id` could be an id at all; if not, the answer is 404 without asking the store. */
export function isPossibleId(id: string): boolean {
  return id.length > 0 && id.length <= ID_CHARS_MAX && !id.includes("\0") && id.isWellFormed();
}
