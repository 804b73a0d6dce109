-- When a message was first tried: what gives up after so many hours of refusals counts from there, not from when it was written.
ALTER TABLE message ADD COLUMN first_try_us BIGINT NOT NULL DEFAULT 0;  -- 0 not yet, or before this was kept
