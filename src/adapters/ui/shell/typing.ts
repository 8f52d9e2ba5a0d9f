/** Fields that a person has typed into, as long as they hold it. */
const touched = new Set<Field>();

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLElement;

/** Begins to notice what is typed. What stands in the address, like a search, survives a reload and does not count. */
export function watchTyping(root: Document): void {
  root.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLElement && target.closest("[data-kept], [type=search]") === null)
      touched.add(target);
  });
}

/** Whether a reload now would take away something that a person has begun: a text, or a dialog. */
export function hasBegun(root: Document): boolean {
  for (const field of touched) if (!field.isConnected || textOf(field) === "") touched.delete(field);
  return touched.size > 0 || root.querySelector("dialog[open], :popover-open") !== null;
}

function textOf(field: Field): string {
  return "value" in field ? String(field.value) : (field.textContent ?? "");
}
