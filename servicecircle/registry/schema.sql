-- Tables and triggers that make a GeoPackage with a layer "places" a registry. Blank lines part the statements.
-- $OLD, $NEW and $ROW stand for a row as JSON (registry.rows.record), $OPEN for the open commit, $DAY for today.
-- Core functions of SQLite alone: every program that writes the file obeys these triggers, or cannot write it.

CREATE TABLE commits (
  commit_id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, at TEXT NOT NULL, author TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '', undoes INTEGER
)

CREATE TABLE changes (
  revision INTEGER PRIMARY KEY NOT NULL, commit_id INTEGER NOT NULL, fid INTEGER NOT NULL, facility_id TEXT,
  before TEXT, after TEXT
)

CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1), schema INTEGER NOT NULL, revision INTEGER NOT NULL, open_commit INTEGER,
  mending INTEGER NOT NULL DEFAULT 0
)

CREATE TABLE replaced (fid INTEGER, facility_id TEXT, before TEXT)

CREATE INDEX changes_commit_id ON changes (commit_id)

CREATE INDEX changes_fid ON changes (fid)

CREATE UNIQUE INDEX places_facility_id ON places (facility_id) WHERE facility_id <> ''

-- QGIS shows a table of attributes that is listed, and then hides those that are not.
INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
  SELECT 'commits', 'attributes', 'commits', '修改记录 what changed, by whom; not to be edited', last_change, 0
  FROM gpkg_contents WHERE table_name = 'places'

-- INSERT OR REPLACE deletes rows without a word: note them first.
CREATE TRIGGER places_replacing BEFORE INSERT ON places BEGIN
  DELETE FROM replaced;
  INSERT INTO replaced SELECT fid, facility_id, $ROW FROM places
    WHERE fid = NEW.fid OR (facility_id = NEW.facility_id AND facility_id <> '');
END

CREATE TRIGGER places_inserted AFTER INSERT ON places BEGIN
  INSERT INTO commits (at, author) SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 'another program'
    WHERE (SELECT open_commit FROM state) IS NULL;
  INSERT INTO changes SELECT state.revision + replaced.rowid, $OPEN, fid, facility_id, before, NULL FROM replaced, state;
  UPDATE state SET revision = revision + 1 + (SELECT count(*) FROM replaced);
  DELETE FROM replaced;
  INSERT INTO changes SELECT revision, $OPEN, NEW.fid, NEW.facility_id, NULL, $NEW FROM state;
END

-- UPDATE OR REPLACE would delete the other row without a word.
CREATE TRIGGER places_renaming BEFORE UPDATE OF fid, facility_id ON places WHEN EXISTS (
  SELECT 1 FROM places
  WHERE fid <> OLD.fid AND (fid = NEW.fid OR (facility_id = NEW.facility_id AND facility_id <> ''))
) BEGIN
  SELECT RAISE(ABORT, 'another place has this facility_id or fid');
END

-- What a source said of a position is no longer true where another program has moved the point.
CREATE TRIGGER places_updated AFTER UPDATE ON places
WHEN $OLD <> $NEW AND (SELECT mending FROM state) = 0 BEGIN
  INSERT INTO commits (at, author) SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 'another program'
    WHERE (SELECT open_commit FROM state) IS NULL;
  UPDATE state SET revision = revision + 1, mending = 1;
  UPDATE places SET position_source = $DAY || ifnull('; before: ' || nullif(position_source, ''), '')
    WHERE fid = NEW.fid AND (SELECT open_commit FROM state) IS NULL
    AND NEW.geom IS NOT NULL AND NEW.geom IS NOT OLD.geom
    AND ifnull(NEW.position_source, '') = ifnull(OLD.position_source, '')
    AND ifnull(position_source, '') NOT LIKE $DAY || '%';
  UPDATE state SET mending = 0;
  INSERT INTO changes SELECT revision, $OPEN, NEW.fid, NEW.facility_id, $OLD, $ROW
    FROM state, places WHERE places.fid = NEW.fid;
END

CREATE TRIGGER places_deleted AFTER DELETE ON places BEGIN
  INSERT INTO commits (at, author) SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 'another program'
    WHERE (SELECT open_commit FROM state) IS NULL;
  UPDATE state SET revision = revision + 1;
  INSERT INTO changes SELECT revision, $OPEN, OLD.fid, OLD.facility_id, $OLD, NULL FROM state;
END

CREATE TRIGGER commits_are_kept BEFORE DELETE ON commits BEGIN
  SELECT RAISE(ABORT, 'the log is kept as it is');
END

CREATE TRIGGER commits_are_final BEFORE UPDATE ON commits BEGIN
  SELECT RAISE(ABORT, 'the log is kept as it is');
END

CREATE TRIGGER changes_are_kept BEFORE DELETE ON changes BEGIN
  SELECT RAISE(ABORT, 'the log is kept as it is');
END

CREATE TRIGGER changes_are_final BEFORE UPDATE ON changes BEGIN
  SELECT RAISE(ABORT, 'the log is kept as it is');
END
