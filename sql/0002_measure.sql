-- What the company does about a root cause, so that what changed can be said truthfully. Not per customer.

CREATE TABLE measure (
    id BIGINT NOT NULL PRIMARY KEY,
    cause TEXT {c} NOT NULL,            -- a reason's code, or case:TAG
    owner TEXT {c} NOT NULL,            -- who answers for it
    remedy TEXT {c} NOT NULL,           -- what is done
    from_day INTEGER NOT NULL,          -- from when on it works
    done_day INTEGER NOT NULL,          -- when it was finished; -2147483648: not yet
    created_at_us BIGINT NOT NULL
);
