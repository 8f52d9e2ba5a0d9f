/** What somebody may do with a list that belongs to somebody else. */
export type MemberRole = "viewer" | "editor";
