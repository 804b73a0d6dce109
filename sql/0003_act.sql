-- Acting: what programmes want done with each customer, what goes out, and what the one gate for every contact answered.

CREATE TABLE action (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- keyed hash of customer, programme, step, subject and occasion: wished for twice it is one
    programme TEXT {c} NOT NULL,
    step TEXT {c} NOT NULL,
    subject_id BIGINT NOT NULL,         -- the case, promise, contract or contact it is about; 0 none
    occasion BIGINT NOT NULL,           -- tells apart what comes again: a day, an order's number, an event's id
    kind SMALLINT NOT NULL,             -- 1 a task for a person, 2 a message
    state SMALLINT NOT NULL,            -- 0 proposed, 1 open, 2 in the outbox, 3 done, 4 dropped by a person, 5 lapsed, 6 failed
    contact_id BIGINT NOT NULL,         -- 0 none
    purpose TEXT {c} NOT NULL,          -- reply, legal, service, marketing
    channel TEXT {c} NOT NULL,          -- '' any
    topic TEXT {c} NOT NULL,
    owner TEXT {c} NOT NULL,
    watcher TEXT {c} NOT NULL,          -- who else sees it
    reason TEXT {c} NOT NULL,           -- a code of the taxonomy, or ''
    created_at_us BIGINT NOT NULL,
    due_us BIGINT NOT NULL,
    snoozed_us BIGINT NOT NULL,         -- not before; 0 none
    changed_at_us BIGINT NOT NULL,
    value_minor BIGINT NOT NULL,        -- at risk
    currency TEXT {c} NOT NULL,
    effect DOUBLE PRECISION NOT NULL,   -- the share of it this saves, assumed
    urgent SMALLINT NOT NULL,
    what TEXT {c} NOT NULL,             -- one line
    document TEXT {c} NOT NULL,         -- JSON: why, evidence, what to say, template, values, content
    outcome TEXT {c} NOT NULL,          -- JSON: by, at, note, result; '' none yet
    PRIMARY KEY (customer_id, id)
) {clustered};
CREATE INDEX action_owner ON action (owner, due_us) WHERE kind = 1 AND state = 1;
CREATE INDEX action_proposed ON action (programme, due_us) WHERE state = 0;
CREATE INDEX action_id ON action (id);

-- Looks alone: promises that fell due long ago lie in the other index for ever.
CREATE INDEX due_look ON due (part, due_us) WHERE state = 0 AND kind = 2;

-- The outbox. What is to be sent at most once is committed as `sending` before anything goes out.
CREATE TABLE message (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- the action's, or a hash
    action_id BIGINT NOT NULL,          -- 0 none
    part SMALLINT NOT NULL,             -- top six bits of customer_id
    contact_id BIGINT NOT NULL,
    programme TEXT {c} NOT NULL,
    purpose TEXT {c} NOT NULL,
    channel TEXT {c} NOT NULL,
    topic TEXT {c} NOT NULL,
    content TEXT {c} NOT NULL,          -- which of the library's pieces it holds; '' none
    who TEXT {c} NOT NULL,              -- who of us it is from
    address TEXT {c} NOT NULL,
    domain TEXT {c} NOT NULL,           -- what rates are limited by
    state SMALLINT NOT NULL,            -- 0 waiting, 1 sending, 2 sent, 3 refused for good, 4 uncertain, 5 cancelled
    attempts INTEGER NOT NULL,
    next_us BIGINT NOT NULL,            -- not before
    sending_us BIGINT NOT NULL,         -- 0 not yet
    sent_us BIGINT NOT NULL,            -- 0 not yet
    sender TEXT {c} NOT NULL,           -- which process took it
    token TEXT {c} NOT NULL,            -- keyed hash of customer and id: in the Message-ID and the address replies go to
    subject TEXT {c} NOT NULL,
    plain TEXT {c} NOT NULL,
    html TEXT {c} NOT NULL,
    said TEXT {c} NOT NULL,             -- what the other side answered last
    created_at_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};
CREATE INDEX message_waiting ON message (part, next_us) WHERE state = 0;
CREATE INDEX message_sending ON message (part, sending_us) WHERE state = 1;
CREATE INDEX message_uncertain ON message (part, sending_us) WHERE state = 4;
CREATE INDEX message_sent ON message (domain, sent_us) WHERE state = 2;
CREATE INDEX message_token ON message (token);

CREATE TABLE gate_answer (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- hash of the question and the answer: the same answer to the same question is kept once, with its first time
    asked_us BIGINT NOT NULL,
    contact_id BIGINT NOT NULL,         -- 0 none was fit
    purpose TEXT {c} NOT NULL,
    channel TEXT {c} NOT NULL,
    topic TEXT {c} NOT NULL,
    verdict SMALLINT NOT NULL,          -- 0 no, 1 now, 2 at at_us
    at_us BIGINT NOT NULL,
    rule TEXT {c} NOT NULL,
    detail TEXT {c} NOT NULL,
    action_id BIGINT NOT NULL,          -- 0: somebody asked
    PRIMARY KEY (customer_id, id)
) {clustered};
