-- Kept only while the saga has to ask payments for the authorization.
ALTER TABLE orders ADD COLUMN payment_token text;
