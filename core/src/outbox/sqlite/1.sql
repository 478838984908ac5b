CREATE TABLE hookwright_meta (
    name TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL DEFAULT 0,
    text TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
INSERT INTO hookwright_meta (name) VALUES ('version'), ('endpoints'), ('token'), ('fanned_out');

-- How bodies are written: each row is one way, and is never changed. The documented one is 0, and has
-- no row.
CREATE TABLE hookwright_format (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    settings TEXT NOT NULL
);

CREATE TABLE hookwright_endpoint (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint_id TEXT NOT NULL UNIQUE,
    tenant TEXT,
    url TEXT NOT NULL,
    settings TEXT NOT NULL,
    format INTEGER NOT NULL DEFAULT 0,
    sealed BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    disabled_at INTEGER,
    disabled_reason TEXT,
    deleted_at INTEGER,
    failing_since INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    paused_until INTEGER NOT NULL DEFAULT 0,
    pause INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE hookwright_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    tenant TEXT,
    object TEXT NOT NULL,
    operation TEXT NOT NULL,
    object_id TEXT NOT NULL,
    time INTEGER NOT NULL,
    changed TEXT,
    previous BLOB,
    data BLOB NOT NULL,
    emitted_at INTEGER NOT NULL,
    -- Who did it, as JSON.
    context TEXT
);
-- Events that were fanned out before others that came before them.
CREATE TABLE hookwright_ahead (
    event INTEGER NOT NULL PRIMARY KEY
);
-- Events that are not fanned out yet: those after the last that was. There is one writer, so that
-- numbers are given in the order of commits.
CREATE VIEW hookwright_fresh AS SELECT * FROM hookwright_event
    WHERE id > (SELECT number FROM hookwright_meta WHERE name = 'fanned_out')
    AND id NOT IN (SELECT event FROM hookwright_ahead);
-- Those of a tenant, of which some may overtake another tenant's.
CREATE INDEX hookwright_event_tenant ON hookwright_event (tenant, id) WHERE tenant IS NOT NULL;
CREATE INDEX hookwright_event_object ON hookwright_event (object, object_id, id);
CREATE INDEX hookwright_event_time ON hookwright_event (emitted_at, id);

CREATE TABLE hookwright_delivery (
    event INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    -- 0: pending, 1: dead
    state INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    -- The end of the year 9999 for one that is behind another of its order_key.
    due INTEGER NOT NULL,
    token INTEGER NOT NULL DEFAULT 0,
    lease_until INTEGER NOT NULL DEFAULT 0,
    format INTEGER NOT NULL DEFAULT 0,
    -- Of an endpoint that keeps the order: which deliveries go one after the other.
    order_key INTEGER,
    died_at INTEGER,
    PRIMARY KEY (event, endpoint)
) WITHOUT ROWID;
CREATE INDEX hookwright_delivery_due ON hookwright_delivery (endpoint, due, event) WHERE state = 0;
CREATE INDEX hookwright_delivery_order ON hookwright_delivery (endpoint, order_key, event)
    WHERE order_key IS NOT NULL AND state = 0;
CREATE INDEX hookwright_delivery_dead ON hookwright_delivery (endpoint, died_at) WHERE state = 1;

CREATE TABLE hookwright_attempt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event INTEGER NOT NULL,
    endpoint INTEGER NOT NULL,
    event_id TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    at INTEGER NOT NULL,
    -- In microseconds.
    duration INTEGER NOT NULL,
    -- 0: delivered, 1: failed, 2: late
    outcome INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    answer BLOB,
    location TEXT
);
CREATE INDEX hookwright_attempt_endpoint ON hookwright_attempt (endpoint, id);
CREATE INDEX hookwright_attempt_event ON hookwright_attempt (event);

CREATE TABLE hookwright_replay (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint INTEGER NOT NULL,
    -- 0: replay of a time range, 1: recovery of what is dead
    kind INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    -- How many a second.
    rate INTEGER NOT NULL,
    -- The time and the event that were reached; of a recovery, when it began to queue.
    reached_at INTEGER NOT NULL DEFAULT 0,
    reached_id INTEGER NOT NULL DEFAULT 0,
    queued INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    -- 0: running, 1: done, 2: cancelled
    state INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX hookwright_replay_running ON hookwright_replay (endpoint, kind, since, until)
    WHERE state = 0;
