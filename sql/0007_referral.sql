-- Who recommended us: few events among many, found without reading the others. Who was asked is found by the customer.
CREATE INDEX event_referral ON event (customer_id, at_us) WHERE kind = 39;
