-- Users and all that is theirs but lists: sessions, tokens and so on, of every kind in one table. value: JSON.
-- version: different after every write. expires_at: milliseconds, UTC; from then on the row counts as gone.
CREATE TABLE account_record (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  owner TEXT NOT NULL,
  value TEXT NOT NULL,
  version INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_record_by_owner ON account_record (kind, owner, key);
CREATE INDEX account_record_by_expiry ON account_record (expires_at) WHERE expires_at IS NOT NULL;

-- Whose a list is; null: from the time without accounts, it is the default owner's (meta, default-owner).
ALTER TABLE checklist ADD COLUMN owner TEXT;
ALTER TABLE trashed_checklist ADD COLUMN owner TEXT;
-- Lists without one are not in it: without accounts it costs nothing.
CREATE INDEX checklist_by_owner ON checklist (owner, id) WHERE owner IS NOT NULL;

-- Who else has a part in a list, also while it is in the trash.
CREATE TABLE member (
  checklist_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  PRIMARY KEY (checklist_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_by_user ON member (user_id, checklist_id);
