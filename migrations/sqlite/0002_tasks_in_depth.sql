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
