-- The ledger: one memory of every customer. One text for SQLite and PostgreSQL (tokens: src/db/schema.h, rules: docs/ledger.md).
-- Times are microseconds since 1970-01-01 UTC, days are days since then, money is minor units beside an ISO 4217 code
-- ('' where there is no money, XXX where the currency is not known). customer_id leads every per-customer key, for Citus.

CREATE TABLE setting (
    name TEXT {c} NOT NULL PRIMARY KEY,
    value TEXT {c} NOT NULL
);

-- id: a hash of the name, so that both stores and all importers agree without asking.
CREATE TABLE source (
    id INTEGER NOT NULL PRIMARY KEY,
    name TEXT {c} NOT NULL UNIQUE
);

CREATE TABLE currency_rate (
    currency TEXT {c} NOT NULL,
    day INTEGER NOT NULL,               -- from this day on
    rate DOUBLE PRECISION NOT NULL,     -- units of the base currency for one unit of this one
    PRIMARY KEY (currency, day)
);

CREATE TABLE model (
    id BIGINT NOT NULL PRIMARY KEY,     -- a hash of the document
    name TEXT {c} NOT NULL,             -- mbg-nbd
    version INTEGER NOT NULL,           -- of the document's format
    fitted_at_us BIGINT NOT NULL,
    until_day INTEGER NOT NULL,         -- the last day of the data
    pinned SMALLINT NOT NULL,
    document TEXT {c} NOT NULL          -- JSON
);

-- customer_id = ref at birth. Second identifiers and merged customers are rows with customer_id <> ref.
CREATE TABLE customer_ref (
    ref BIGINT NOT NULL PRIMARY KEY,    -- 63-bit keyed hash of (source, external_id, salt)
    source TEXT {c} NOT NULL,
    external_id TEXT {c} NOT NULL,
    customer_id BIGINT NOT NULL
) {clustered};
CREATE INDEX customer_ref_moved ON customer_ref (customer_id) WHERE customer_id <> ref;

CREATE TABLE customer (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    kind SMALLINT NOT NULL,             -- 0 not known, 1 person, 2 company
    name TEXT {c} NOT NULL,
    email TEXT {c} NOT NULL,
    phone TEXT {c} NOT NULL,
    address TEXT {c} NOT NULL,
    email_key BIGINT NOT NULL,          -- keyed hashes of the normalised forms, 0 where empty: duplicates are found by them
    phone_key BIGINT NOT NULL,
    name_key BIGINT NOT NULL,
    tier TEXT {c} NOT NULL,             -- value tier
    segment TEXT {c} NOT NULL,
    time_zone TEXT {c} NOT NULL,        -- IANA
    locale TEXT {c} NOT NULL,           -- BCP 47
    owner_sales TEXT {c} NOT NULL,
    owner_operations TEXT {c} NOT NULL,
    attributes TEXT {c} NOT NULL,       -- JSON object of whatever else was imported
    updated_at_us BIGINT NOT NULL
) {clustered};
CREATE INDEX customer_email ON customer (email_key) WHERE email_key <> 0;
CREATE INDEX customer_phone ON customer (phone_key) WHERE phone_key <> 0;
CREATE INDEX customer_name ON customer (name_key) WHERE name_key <> 0;

CREATE TABLE contact (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    external_id TEXT {c} NOT NULL,
    name TEXT {c} NOT NULL,
    email TEXT {c} NOT NULL,
    phone TEXT {c} NOT NULL,
    role TEXT {c} NOT NULL,
    authority TEXT {c} NOT NULL,        -- decides, influences, uses, '' not known
    channels TEXT {c} NOT NULL,         -- preferred first, separated by blanks
    time_zone TEXT {c} NOT NULL,
    locale TEXT {c} NOT NULL,
    joined_day INTEGER,
    left_day INTEGER,
    updated_at_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

-- contract, support_case, promise, touch, survey and consent are what the events say, put in rows (src/ledger/project.c);
-- id is the subject's keyed hash (event.subject_id), for touch and survey the event's own id.
CREATE TABLE contract (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    external_id TEXT {c} NOT NULL,
    product TEXT {c} NOT NULL,
    state SMALLINT NOT NULL,            -- 1 running, 2 notice given, 3 ended
    start_day INTEGER,
    renewal_day INTEGER,
    notice_days INTEGER,
    end_day INTEGER,
    seats BIGINT,
    price_minor BIGINT NOT NULL,        -- a period
    currency TEXT {c} NOT NULL,
    period_months INTEGER,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE support_case (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    external_id TEXT {c} NOT NULL,
    subject TEXT {c} NOT NULL,
    severity TEXT {c} NOT NULL,         -- low, normal, high, urgent, '' not known
    state SMALLINT NOT NULL,            -- 1 open, 2 resolved
    opened_at_us BIGINT,
    first_response_at_us BIGINT,
    resolved_at_us BIGINT,
    reopenings BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE promise (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    external_id TEXT {c} NOT NULL,
    what TEXT {c} NOT NULL,
    by_whom TEXT {c} NOT NULL,
    state SMALLINT NOT NULL,            -- 1 open, 2 kept, 3 broken
    made_at_us BIGINT,
    due_us BIGINT,
    settled_at_us BIGINT,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE touch (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    outward SMALLINT NOT NULL,          -- 1 from us to them, 0 from them to us
    channel TEXT {c} NOT NULL,
    who TEXT {c} NOT NULL,
    purpose TEXT {c} NOT NULL,
    subject TEXT {c} NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE survey (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    name TEXT {c} NOT NULL,             -- nps, csat, onboarding ...
    score DOUBLE PRECISION,
    scale DOUBLE PRECISION,             -- the best score there is
    comment TEXT {c} NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE consent (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- hash of purpose and channel
    purpose TEXT {c} NOT NULL,
    channel TEXT {c} NOT NULL,
    state SMALLINT NOT NULL,            -- 1 given, 0 withdrawn
    at_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE event (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- 64-bit keyed hash of (source, source_id)
    at_us BIGINT NOT NULL,              -- when it happened
    recorded_at_us BIGINT NOT NULL,     -- when we learnt it
    day INTEGER NOT NULL,
    kind SMALLINT NOT NULL,             -- src/history/event_kinds.def; 0 custom
    source INTEGER NOT NULL,
    subject_id BIGINT NOT NULL,         -- keyed hash of the contract, case or promise it is about; 0 none
    amount_minor BIGINT NOT NULL,
    currency TEXT {c} NOT NULL,
    source_id TEXT {c} NOT NULL,        -- '' where it was made from the line
    body TEXT {c} NOT NULL,             -- JSON object of the kind's other fields, '' none
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE event_conflict (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    body_hash BIGINT NOT NULL,          -- of all that differs may
    at_us BIGINT NOT NULL,
    recorded_at_us BIGINT NOT NULL,
    kind SMALLINT NOT NULL,
    source INTEGER NOT NULL,
    subject_id BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency TEXT {c} NOT NULL,
    source_id TEXT {c} NOT NULL,
    body TEXT {c} NOT NULL,
    PRIMARY KEY (customer_id, id, body_hash)
) {clustered};

CREATE TABLE cycle (
    customer_id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    stale SMALLINT NOT NULL,            -- 1: events came in bulk since; rebuilt at the end of the import, or by score
    state {bytes} NOT NULL              -- src/history/cycle.h
) {clustered};
CREATE INDEX cycle_stale ON cycle (customer_id) WHERE stale = 1;

CREATE TABLE due (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    part SMALLINT NOT NULL,             -- top six bits of customer_id
    due_us BIGINT NOT NULL,
    kind SMALLINT NOT NULL,             -- 1 a promise
    subject_id BIGINT NOT NULL,
    state SMALLINT NOT NULL,            -- 0 waiting, 1 done
    PRIMARY KEY (customer_id, id)
) {clustered};
CREATE INDEX due_waiting ON due (part, due_us) WHERE state = 0;

CREATE TABLE forecast (
    customer_id BIGINT NOT NULL,
    model_id BIGINT NOT NULL,
    scored_at_us BIGINT NOT NULL,
    until_day INTEGER NOT NULL,
    horizon_days INTEGER NOT NULL,
    orders BIGINT NOT NULL,
    p_alive DOUBLE PRECISION NOT NULL,
    p_order DOUBLE PRECISION NOT NULL,
    expected_orders DOUBLE PRECISION NOT NULL,
    expected_low DOUBLE PRECISION NOT NULL,
    expected_high DOUBLE PRECISION NOT NULL,
    rhythm_days DOUBLE PRECISION NOT NULL,
    next_order_days DOUBLE PRECISION NOT NULL,  -- median, given alive; 1e9 where it never has that chance
    value_minor BIGINT NOT NULL,        -- margin x spend x discounted orders over the horizon, as it stands
    value_at_risk_minor BIGINT NOT NULL,
    currency TEXT {c} NOT NULL,
    stage TEXT {c} NOT NULL,
    PRIMARY KEY (customer_id, model_id)
) {clustered};

CREATE TABLE merge_move (
    customer_id BIGINT NOT NULL,        -- the customer the row was moved to
    merge_id BIGINT NOT NULL,
    table_name TEXT {c} NOT NULL,
    id BIGINT NOT NULL,
    body_hash BIGINT NOT NULL,          -- of event_conflict's key; 0 elsewhere
    doublet TEXT {c} NOT NULL,          -- JSON of the row where the other customer had one of that key; '' where it moved as it was
    PRIMARY KEY (customer_id, merge_id, table_name, id, body_hash)
) {clustered};

-- A source says that two customers are one; whether they are is for people to say.
CREATE TABLE same_as (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- the other's ref
    said_at_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};

CREATE TABLE lease (
    part SMALLINT NOT NULL PRIMARY KEY,
    owner TEXT {c} NOT NULL,
    until_us BIGINT NOT NULL,
    fence BIGINT NOT NULL
);

CREATE TABLE import_run (
    id BIGINT NOT NULL PRIMARY KEY,     -- hash of record, mapping and the files' names, sizes and first bytes
    record TEXT {c} NOT NULL,
    files TEXT {c} NOT NULL,
    started_at_us BIGINT NOT NULL,
    updated_at_us BIGINT NOT NULL,
    records_done BIGINT NOT NULL,       -- records of the files whose batches are committed
    events_added BIGINT NOT NULL,
    events_repeated BIGINT NOT NULL,
    events_conflicting BIGINT NOT NULL,
    rejected BIGINT NOT NULL,
    state SMALLINT NOT NULL             -- 1 under way, 2 done
);

CREATE TABLE merge (
    id BIGINT NOT NULL PRIMARY KEY,
    kept_id BIGINT NOT NULL,
    merged_id BIGINT NOT NULL,
    at_us BIGINT NOT NULL,
    undone_at_us BIGINT
);

CREATE TABLE erasure (
    ref BIGINT NOT NULL PRIMARY KEY,
    erased_at_us BIGINT NOT NULL
);

CREATE TABLE residue (
    month INTEGER NOT NULL,             -- year * 12 + month - 1
    kind SMALLINT NOT NULL,
    currency TEXT {c} NOT NULL,
    events BIGINT NOT NULL,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (month, kind, currency)
);

CREATE TABLE audit (
    id BIGINT NOT NULL PRIMARY KEY,
    at_us BIGINT NOT NULL,
    what TEXT {c} NOT NULL,             -- init, upgrade, erase, merge, unmerge, restore, pin
    detail TEXT {c} NOT NULL            -- JSON without personal data
);
