-- Checklists, their tasks, idempotency keys, and what housekeeping needs.
-- The migrator puts the time of the migration (milliseconds, UTC) in place of :now.

-- Facts about this file; `epoch` tells it from any other state the file may be restored to.
CREATE TABLE meta (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(8))));

CREATE TABLE checklist (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO checklist (id, name, created_at, updated_at, version)
VALUES ('00000000-0000-7000-8000-000000000000', 'Inbox', :now, :now, 1);

-- No foreign key: deleting a checklist takes the same time whatever it holds, its tasks go afterwards.
CREATE TABLE task (
  checklist_id TEXT NOT NULL,
  id TEXT NOT NULL,
  todo TEXT NOT NULL,
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  description TEXT,
  due_date TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (checklist_id, id)
) STRICT, WITHOUT ROWID;

-- Deleted checklists whose tasks are still there.
CREATE TABLE purge (
  checklist_id TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  status INTEGER NOT NULL,
  headers TEXT NOT NULL,
  body TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
