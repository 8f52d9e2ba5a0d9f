/** Of the copy's `meta`: true once it has been in step with the service. */
export const SYNCED = "synced";
