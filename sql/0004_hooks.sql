-- Webhooks: who is told of what, and what has not got there yet.

CREATE TABLE webhook_endpoint (
    name TEXT {c} NOT NULL PRIMARY KEY,  -- as in the settings, which the rows follow
    kinds TEXT {c} NOT NULL,             -- names of what they are told of, with blanks between
    url_hash BIGINT NOT NULL,            -- keyed: another URL is another receiver
    since_us BIGINT NOT NULL,
    disabled_us BIGINT NOT NULL,         -- since then nothing is kept or sent for them; 0: they are on
    reason TEXT {c} NOT NULL
) {clustered};

-- At least once: a row waits from the transaction on in which that happened what it tells of, until the receiver says it has it.
CREATE TABLE webhook_delivery (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                  -- keyed hash of endpoint, kind, what it is about and when: the webhook-id, the same each time it is sent
    endpoint TEXT {c} NOT NULL,
    kind TEXT {c} NOT NULL,
    body TEXT {c} NOT NULL,              -- JSON, as it is signed and sent; '' once it is delivered
    state SMALLINT NOT NULL,             -- 0 waiting, 1 delivered, 2 given up
    attempts INTEGER NOT NULL,
    next_us BIGINT NOT NULL,             -- not before; of an attempt under way: when it counts as failed
    settled_us BIGINT NOT NULL,          -- delivered or given up; 0 not yet
    said TEXT {c} NOT NULL,              -- what came of the last attempt
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};
CREATE INDEX webhook_waiting ON webhook_delivery (endpoint, next_us) WHERE state = 0;
CREATE INDEX webhook_settled ON webhook_delivery (state, settled_us) WHERE state <> 0;
