/** What people wrote, taken out of a keyspace before that is deleted. */
export interface DataExport {
  /**
   * Copies all that is there, while the service may still write.
   * @throws DeployError `refused` if that can't be done; nothing was deleted then
   */
  copy(work: ExportWork): Promise<void>;
  /**
   * Once nothing is written any more: copies what is new and compares everything.
   * @throws DeployError `refused` unless copy and keyspace are equal
   */
  finish(work: ExportWork): Promise<void>;
}

export interface ExportWork {
  /** Aborts where it is to stop. */
  readonly signal: AbortSignal;
  /** To be called as it gets on, every few seconds at least. */
  touch(): void;
}
