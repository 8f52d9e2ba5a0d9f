/** What the target of a copy stores about it: all that the copy needs to continue after a crash. */
export interface CopyMarker {
  /** The source's epoch: it names one state of one store. */
  readonly source: string;
  /** The run that may write; a newer one takes over, and the older one stops. */
  readonly run: string;
  readonly phase: "copying" | "finished";
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Key of the marker in a store's table of facts. */
export const MARKER_KEY = "copy";

export function markerText({ source, run, phase, at }: CopyMarker): string {
  return JSON.stringify({ source, run, phase, at });
}

/** @throws TypeError if the text is not a marker */
export function markerFrom(text: string): CopyMarker {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) throw new TypeError("a copy's marker is not an object");
  const { source, run, phase, at } = parsed as Readonly<Record<string, unknown>>;
  const known = phase === "copying" || phase === "finished";
  if (typeof source !== "string" || typeof run !== "string" || typeof at !== "number" || !known) {
    throw new TypeError("a copy's marker is incomplete");
  }
  return { source, run, phase, at };
}

/** Why a store can't be served or copied from; undefined if it can. */
export function unfinishedCopy(place: string, marker: CopyMarker | undefined): string | undefined {
  if (marker?.phase !== "copying") return undefined;
  return `${place} holds an unfinished copy: finish it with todos copy … --finish, which compares it with its source`;
}
