import { signal } from "@preact/signals";

/** Id of the field. */
export const LINE = "add";

/** What is being typed for a new task: it stays while the person, or the list, is somewhere else, and over a reload. */
export const newTaskLine = signal("");
