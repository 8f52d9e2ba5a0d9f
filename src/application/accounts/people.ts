/** Who there is in a store, as far as its operator must know. */
export interface People {
  /** Whether there is any user. */
  readonly users: boolean;
  /** Whether any of them is an admin who may sign in. */
  readonly admins: boolean;
}
