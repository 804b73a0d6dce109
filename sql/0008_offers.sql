-- Save offers: each draw, shown or held out, so that what an offer changes can be measured.

CREATE TABLE offer_draw (
    customer_id BIGINT NOT NULL,
    id BIGINT NOT NULL,                 -- keyed hash of customer, place and occasion: one offer an occasion
    offer TEXT {c} NOT NULL,            -- its name in the settings
    place SMALLINT NOT NULL,            -- 1 exit, 2 desk, 3 win back
    occasion BIGINT NOT NULL,           -- the leave intent's event, the case's action ...
    drawn_us BIGINT NOT NULL,
    state SMALLINT NOT NULL,            -- 0 held out, 1 shown, 2 accepted, 3 declined, 4 expired, 5 no room under its cap
    probability DOUBLE PRECISION NOT NULL, -- of being shown, as drawn
    strategic SMALLINT NOT NULL,        -- no part of the experiment
    reason TEXT {c} NOT NULL,
    tier TEXT {c} NOT NULL,
    product TEXT {c} NOT NULL,
    benefit DOUBLE PRECISION NOT NULL,  -- to them, as a share of a year's price
    cost_minor BIGINT NOT NULL,
    currency TEXT {c} NOT NULL,
    loyal SMALLINT NOT NULL,            -- had never left, and was not about to
    expires_us BIGINT NOT NULL,
    settled_us BIGINT NOT NULL,         -- answered or expired; 0 not yet
    PRIMARY KEY (customer_id, id)
) {clustered};
CREATE INDEX offer_draw_offer ON offer_draw (offer, drawn_us);
CREATE INDEX offer_draw_fair ON offer_draw (tier, product, drawn_us) WHERE loyal = 1;

-- Who draws under a cap takes its row first: two at once cannot both have the last place.
CREATE TABLE offer_cap (
    offer TEXT {c} NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL
) {clustered};
