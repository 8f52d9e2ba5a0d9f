/** Knows what passwords are made into. At most two at a time are worked on, since each needs memory and a processor. */
export interface Passwords {
  /** @returns a text that also says how it was made. @throws TodosError overloaded */
  hash(password: string): Promise<string>;
  /**
   * Whether the hash was made from the password. It takes as long if there is no hash: nobody shall see from the time
   * whether there is one.
   * @throws TodosError overloaded
   */
  verify(password: string, hash: string | undefined): Promise<boolean>;
  /** Whether it is one of the passwords that are tried first. */
  isCommon(password: string): Promise<boolean>;
}
