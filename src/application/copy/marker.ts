/** What a store that is copied into remembers of that: all that a copy needs to go on after a crash. */
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

/** @throws TypeError for a text that is none of ours */
export function markerFrom(text: string): CopyMarker {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) throw new TypeError("a copy's marker is no object");
  const { source, run, phase, at } = parsed as Readonly<Record<string, unknown>>;
  const known = phase === "copying" || phase === "finished";
  if (typeof source !== "string" || typeof run !== "string" || typeof at !== "number" || !known) {
    throw new TypeError("a copy's marker lacks something");
  }
  return { source, run, phase, at };
}

/** Why a store can't be served, or copied from; undefined where nothing stands in the way. */
export function unfinishedCopy(place: string, marker: CopyMarker | undefined): string | undefined {
  if (marker?.phase !== "copying") return undefined;
  return `${place} holds a copy that is not finished: finish it with todos copy … --finish, which compares it with its source`;
}
