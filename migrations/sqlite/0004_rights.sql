-- Counts changes to who callers are and what is theirs, whoever makes them: a reader that remembers either asks this one
-- row whether it still may. What is only added is not counted where nothing is remembered that it could change.
CREATE TABLE rights (
  id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  changes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO rights (id, changes) VALUES (1, 0);

CREATE TRIGGER account_record_changed AFTER UPDATE ON account_record
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER account_record_removed AFTER DELETE ON account_record
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER member_added AFTER INSERT ON member
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER member_changed AFTER UPDATE ON member
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER member_removed AFTER DELETE ON member
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER checklist_given AFTER UPDATE OF owner ON checklist
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER checklist_removed AFTER DELETE ON checklist
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER trashed_checklist_given AFTER UPDATE OF owner ON trashed_checklist
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER trashed_checklist_removed AFTER DELETE ON trashed_checklist
BEGIN UPDATE rights SET changes = changes + 1; END;

-- REPLACE fires no trigger for the row that it takes away.
CREATE TRIGGER default_owner_set AFTER INSERT ON meta WHEN NEW.key = 'default-owner'
BEGIN UPDATE rights SET changes = changes + 1; END;

CREATE TRIGGER default_owner_changed AFTER UPDATE ON meta WHEN NEW.key = 'default-owner'
BEGIN UPDATE rights SET changes = changes + 1; END;
