-- Where everything of this database was moved to, and when: a Berth that is started on the old one by mistake stops there.
ALTER TABLE installation ADD COLUMN moved_to TEXT;   -- without a password; null: it was not
ALTER TABLE installation ADD COLUMN moved_at BIGINT;
