BEGIN TRANSACTION;
CREATE TABLE ocr_files (
	job_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	bytes BIGINT NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES ocr_jobs (id) ON DELETE CASCADE
);
INSERT INTO "ocr_files" VALUES('0123456789abcdef0123456789abcdef',0,'合同.pdf',12345678901);
INSERT INTO "ocr_files" VALUES('fedcba9876543210fedcba9876543210',0,'a.png',3);
CREATE TABLE ocr_hooks (
	job_id VARCHAR(32) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	attempts INTEGER NOT NULL, 
	due_at FLOAT NOT NULL, 
	error TEXT NOT NULL, 
	PRIMARY KEY (job_id), 
	FOREIGN KEY(job_id) REFERENCES ocr_jobs (id) ON DELETE CASCADE
);
INSERT INTO "ocr_hooks" VALUES('fedcba9876543210fedcba9876543210','sent',1,1750000009.0,'');
CREATE TABLE ocr_jobs (
	id VARCHAR(32) NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	options TEXT NOT NULL, 
	idempotency_key VARCHAR(200), 
	digest VARCHAR(64) NOT NULL, 
	webhook_url TEXT NOT NULL, 
	created_at FLOAT NOT NULL, 
	ended_at FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (idempotency_key)
);
INSERT INTO "ocr_jobs" VALUES('0123456789abcdef0123456789abcdef','active','{"mode": "line"}','key-1','0000000000000000000000000000000000000000000000000000000000000000','https://office.example/hook',1750000000.25,NULL);
INSERT INTO "ocr_jobs" VALUES('fedcba9876543210fedcba9876543210','done','{}',NULL,'1111111111111111111111111111111111111111111111111111111111111111','',1750000001.5,1750000009.0);
CREATE TABLE ocr_pages (
	id INTEGER NOT NULL, 
	job_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	since FLOAT NOT NULL, 
	file INTEGER NOT NULL, 
	entry INTEGER NOT NULL, 
	page_index INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	attempts INTEGER NOT NULL, 
	owner VARCHAR(80) NOT NULL, 
	lease_until FLOAT NOT NULL, 
	result TEXT, 
	error TEXT NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES ocr_jobs (id) ON DELETE CASCADE
);
INSERT INTO "ocr_pages" VALUES(1,'0123456789abcdef0123456789abcdef',1,1750000000.25,0,0,0,'','waiting',0,'',0.0,NULL,'');
INSERT INTO "ocr_pages" VALUES(2,'0123456789abcdef0123456789abcdef',2,1750000000.25,0,0,1,'','done',1,'host/1/x',0.0,'{"text": "盖章"}','');
INSERT INTO "ocr_pages" VALUES(3,'fedcba9876543210fedcba9876543210',1,1750000000.25,0,0,0,'','failed',0,'',0.0,NULL,'no image');
CREATE INDEX ix_ocr_jobs_created_at ON ocr_jobs (created_at);
CREATE INDEX ix_ocr_jobs_state ON ocr_jobs (state);
CREATE INDEX ocr_pages_turn ON ocr_pages (state, number, since);
COMMIT;
