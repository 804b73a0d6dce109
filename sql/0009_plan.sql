-- The plan of a day under budgets: what a unit of each costs, what is left of it, and what was decided for whom.

CREATE TABLE plan_budget (
    day INTEGER NOT NULL,               -- of work, where the company is; until work begins on the next
    resource TEXT {c} NOT NULL,         -- money, messages, hours of NAME
    price DOUBLE PRECISION NOT NULL,    -- what one more unit would bring
    budget DOUBLE PRECISION NOT NULL,   -- of the day; below 0: none, there is enough
    used DOUBLE PRECISION NOT NULL,     -- planned, and given to who came later in the day
    PRIMARY KEY (day, resource)
) {clustered};

CREATE TABLE plan_choice (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- keyed hash of customer and day: one decision a day
    day INTEGER NOT NULL,
    action_id BIGINT NOT NULL,          -- 0: nothing
    how SMALLINT NOT NULL,              -- 0 by the plan, 1 by lot, 2 by the day's prices
    probability DOUBLE PRECISION NOT NULL, -- of what was drawn by lot; 1 where nothing was drawn
    options SMALLINT NOT NULL,          -- that there were, beside nothing
    gain DOUBLE PRECISION NOT NULL,     -- expected, of what was chosen
    error DOUBLE PRECISION NOT NULL,    -- one standard error of it
    currency TEXT {c} NOT NULL,
    decided_us BIGINT NOT NULL,
    PRIMARY KEY (customer_id, id)
) {clustered};
