-- Whose word a consent is: of two contacts of an account, one's consent does not end the other's objection. Words recorded under earlier versions count for the whole account.
ALTER TABLE consent ADD COLUMN contact TEXT {c} NOT NULL DEFAULT '';  -- the contact's identifier; '' the account's
