-- labels: a JSON array of texts. rank: the manual order, null: the id. repeat: a recurrence rule of RFC 5545.
-- completed_at: milliseconds, UTC. previous, next: neighbours in a series, as a JSON array of checklist and id.
ALTER TABLE task ADD COLUMN labels TEXT;
ALTER TABLE task ADD COLUMN rank TEXT;
ALTER TABLE task ADD COLUMN repeat TEXT;
ALTER TABLE task ADD COLUMN repeat_from TEXT;
ALTER TABLE task ADD COLUMN completed_at INTEGER;
ALTER TABLE task ADD COLUMN previous TEXT;
ALTER TABLE task ADD COLUMN next TEXT;

-- The agenda, in its order. Tasks of a deleted checklist stay in it until they are purged.
CREATE INDEX task_due ON task (due_date, checklist_id, id) WHERE due_date IS NOT NULL AND status <> 'completed';

-- What was deleted and can be restored. It goes for good at `until`, milliseconds, UTC. The tasks of a list in the trash
-- stay where they are: nobody reaches them without the list. Rows are numbered: those with one `until` go in this order.
CREATE TABLE trashed_checklist (
  place INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  until INTEGER NOT NULL
) STRICT;

CREATE INDEX trashed_checklist_by_until ON trashed_checklist (until);

CREATE TABLE trashed_task (
  checklist_id TEXT NOT NULL,
  id TEXT NOT NULL,
  todo TEXT NOT NULL,
  status TEXT NOT NULL,
  priority TEXT NOT NULL,
  description TEXT,
  due_date TEXT,
  labels TEXT,
  rank TEXT,
  repeat TEXT,
  repeat_from TEXT,
  completed_at INTEGER,
  previous TEXT,
  next TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  deleted_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (checklist_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX trashed_task_by_until ON trashed_task (until);
