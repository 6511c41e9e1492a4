"""The tables of the spool."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS rounds (
    id INTEGER PRIMARY KEY,
    study_uid TEXT NOT NULL,
    number INTEGER NOT NULL,       -- 1 for what came first, 2 for what came after its result
    accession TEXT NOT NULL,
    modality TEXT NOT NULL,
    state TEXT NOT NULL,           -- collecting, sending, done, dead
    first_received REAL NOT NULL,  -- seconds since 1970, as all times
    last_received REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    reason TEXT,                   -- of the last failure
    ended REAL,
    UNIQUE (study_uid, number)
);
CREATE INDEX IF NOT EXISTS rounds_by_state ON rounds (state, next_try);
CREATE TABLE IF NOT EXISTS objects (
    sop_uid TEXT PRIMARY KEY,
    round INTEGER REFERENCES rounds (id),
    file TEXT,                     -- below objects/; none where it is not kept
    state TEXT NOT NULL,           -- waiting, answered, unanswered, refused, ignored
    reason TEXT,
    prediction TEXT,               -- JSON
    attempts INTEGER NOT NULL DEFAULT 0,
    next_try REAL NOT NULL DEFAULT 0,
    received REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS objects_by_state ON objects (state, next_try);
CREATE INDEX IF NOT EXISTS objects_by_round ON objects (round);
CREATE TABLE IF NOT EXISTS results (
    round INTEGER NOT NULL REFERENCES rounds (id),
    sop_uid TEXT NOT NULL,
    file TEXT NOT NULL,            -- below results/
    is_sent INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (round, sop_uid)
);
"""
