BEGIN TRANSACTION;
CREATE TABLE spapi_kept_keys (
	key_hash VARCHAR(64) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	kept_at BIGINT NOT NULL, 
	PRIMARY KEY (key_hash)
);
INSERT INTO "spapi_kept_keys" VALUES('ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff','sent',1790000000000);
CREATE TABLE spapi_messages (
	id INTEGER NOT NULL, 
	key_hash VARCHAR(64) NOT NULL, 
	own_key TEXT, 
	seller_id INTEGER NOT NULL, 
	region VARCHAR(2) NOT NULL, 
	marketplace VARCHAR(20) NOT NULL, 
	amazon_order_id VARCHAR(64), 
	message_type VARCHAR(64) NOT NULL, 
	document VARCHAR(255), 
	digest VARCHAR(64) NOT NULL, 
	text TEXT, 
	fields JSON, 
	attachments JSON, 
	state VARCHAR(12) DEFAULT 'pending' NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	due_at BIGINT DEFAULT '9007199254740991' NOT NULL, 
	not_before BIGINT DEFAULT '0' NOT NULL, 
	waiting_since BIGINT, 
	sender VARCHAR(36), 
	epoch BIGINT DEFAULT '0' NOT NULL, 
	request_id VARCHAR(255), 
	status_code INTEGER, 
	error_type VARCHAR(64), 
	error_text TEXT, 
	receipt JSON, 
	note TEXT, 
	added_at BIGINT NOT NULL, 
	sending_at BIGINT, 
	finished_at BIGINT, 
	texts JSON, 
	language VARCHAR(35), 
	batch VARCHAR(64), 
	PRIMARY KEY (id), 
	UNIQUE (key_hash), 
	FOREIGN KEY(seller_id) REFERENCES spapi_sellers (id)
);
INSERT INTO "spapi_messages" VALUES(1,'0000000000000000000000000000000000000000000000000000000000000000',NULL,1,'eu','DE','303-0000000-0000000','invoice','R-0','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 0 ist da','{"number": 0}','[{"path": "/invoices/R.pdf", "size": 5}]','pending',0,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(2,'0000000000000000000000000000000000000000000000000000000000000001',NULL,1,'eu','DE','303-0000000-0000001','invoice','R-1','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 1 ist da','{"number": 1}','[{"path": "/invoices/R.pdf", "size": 5}]','claimed',1,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(3,'0000000000000000000000000000000000000000000000000000000000000002',NULL,1,'eu','DE','303-0000000-0000002','invoice','R-2','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 2 ist da','{"number": 2}','[{"path": "/invoices/R.pdf", "size": 5}]','sending',2,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(4,'0000000000000000000000000000000000000000000000000000000000000003',NULL,1,'eu','DE','303-0000000-0000003','invoice','R-3','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 3 ist da','{"number": 3}','[{"path": "/invoices/R.pdf", "size": 5}]','sent',3,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,'{"request_id": "r"}',NULL,1790000000000,1790000000001,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(5,'0000000000000000000000000000000000000000000000000000000000000004',NULL,1,'eu','DE','303-0000000-0000004','invoice','R-4','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 4 ist da','{"number": 4}','[{"path": "/invoices/R.pdf", "size": 5}]','waiting',4,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(6,'0000000000000000000000000000000000000000000000000000000000000005',NULL,1,'eu','DE','303-0000000-0000005','invoice','R-5','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 5 ist da','{"number": 5}','[{"path": "/invoices/R.pdf", "size": 5}]','rejected',5,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(7,'0000000000000000000000000000000000000000000000000000000000000006',NULL,1,'eu','DE','303-0000000-0000006','invoice','R-6','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 6 ist da','{"number": 6}','[{"path": "/invoices/R.pdf", "size": 5}]','given_up',6,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(8,'0000000000000000000000000000000000000000000000000000000000000007',NULL,1,'eu','DE','303-0000000-0000007','invoice','R-7','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 7 ist da','{"number": 7}','[{"path": "/invoices/R.pdf", "size": 5}]','unknown',7,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(9,'0000000000000000000000000000000000000000000000000000000000000008',NULL,1,'eu','DE','303-0000000-0000008','invoice','R-8','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 8 ist da','{"number": 8}','[{"path": "/invoices/R.pdf", "size": 5}]','cancelled',8,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "spapi_messages" VALUES(10,'0000000000000000000000000000000000000000000000000000000000000009',NULL,1,'eu','DE','303-0000000-0000009','invoice','R-9','dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd','Ihr Päckchen 9 ist da','{"number": 9}','[{"path": "/invoices/R.pdf", "size": 5}]','skipped',9,9007199254740991,0,NULL,NULL,3,NULL,NULL,NULL,NULL,NULL,NULL,1790000000000,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE spapi_meta (
	id INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	ledger_id VARCHAR(36) NOT NULL, 
	purpose VARCHAR(512), 
	created_at BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "spapi_meta" VALUES(1,3,'000000000000000000000000000000000000','production',1790000000000);
CREATE TABLE spapi_sellers (
	id INTEGER NOT NULL, 
	account VARCHAR(255) NOT NULL, 
	seller VARCHAR(255), 
	owner VARCHAR(36), 
	epoch BIGINT DEFAULT '0' NOT NULL, 
	last_served_at BIGINT DEFAULT '0' NOT NULL, 
	not_before BIGINT DEFAULT '0' NOT NULL, 
	parked_at BIGINT, 
	parked_error VARCHAR(64), 
	parked_reason TEXT, 
	buckets JSON, 
	PRIMARY KEY (id), 
	UNIQUE (account)
);
INSERT INTO "spapi_sellers" VALUES(1,'shop-de','a digest',NULL,3,0,0,NULL,NULL,NULL,'{"send": {"tokens": 1}}');
INSERT INTO "spapi_sellers" VALUES(2,'parked',NULL,NULL,0,0,0,1790000000000,'AuthorizationError',NULL,NULL);
CREATE TABLE spapi_senders (
	id VARCHAR(36) NOT NULL, 
	lock_number BIGINT NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	process INTEGER NOT NULL, 
	started_at BIGINT NOT NULL, 
	heartbeat_at BIGINT, 
	PRIMARY KEY (id)
);
CREATE INDEX spapi_messages_order ON spapi_messages (amazon_order_id, message_type);
CREATE INDEX spapi_messages_pending ON spapi_messages (seller_id, message_type, due_at, id, not_before, batch) WHERE state = 'pending';
CREATE INDEX spapi_messages_waiting ON spapi_messages (not_before) WHERE state = 'waiting';
CREATE INDEX spapi_messages_claimed ON spapi_messages (sender) WHERE state IN ('claimed', 'sending');
CREATE INDEX spapi_messages_due ON spapi_messages (seller_id, due_at, id, not_before, batch) WHERE state = 'pending';
COMMIT;
