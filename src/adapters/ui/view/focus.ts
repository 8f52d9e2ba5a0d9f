/** Whether nothing has the focus: what had it is gone, or nothing was given it yet. */
export function isFocusFree(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}
