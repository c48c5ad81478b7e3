-- Who compares records and engine now, and until when: a worker that dies over it must not hold the next one up.
ALTER TABLE nodes ADD COLUMN comparing_worker TEXT;
ALTER TABLE nodes ADD COLUMN comparing_until  BIGINT;
