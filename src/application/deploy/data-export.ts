/** Copies the users' data out of a keyspace before it is deleted. */
export interface DataExport {
  /**
   * Copies everything, while the service may still write.
   * @throws DeployError `refused` if that can't be done; nothing was deleted then
   */
  copy(work: ExportWork): Promise<void>;
  /**
   * After the last write: copies what is new and compares everything.
   * @throws DeployError `refused` unless copy and keyspace are equal
   */
  finish(work: ExportWork): Promise<void>;
}

export interface ExportWork {
  /** Aborts when it should stop. */
  readonly signal: AbortSignal;
  /** Must be called during the work, at least every few seconds. */
  touch(): void;
}
