import type { PictureMessage } from "../picture/picture.ts";

/** What the page tells a worker: the one that it is under, or a newer one that waits to take over. */
export type WorkerMessage = PictureMessage | { readonly takeOver: true };
