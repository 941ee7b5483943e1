"""The tables of a ledger, for SQLite and PostgreSQL. Times are integer milliseconds of the database's clock."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

#: Raised by one with each step of ``migrations``.
VERSION = 3

#: ``due_at`` of a message that is not due at any time, so that it sorts behind all others.
NEVER = 9_007_199_254_740_991

#: Selects messages that a sender holds, in the very words of an index: otherwise SQLite does not use it.
CLAIMED_OR_SENDING = text("state IN ('claimed', 'sending')")

metadata = MetaData()

# SQLite counts rows by itself only in a column of type INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON(none_as_null=True)

#: One row: the version of these tables, and what the ledger is for.
meta = Table(
    "spapi_meta",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("ledger_id", String(36), nullable=False),
    Column("purpose", String(512)),  # "production", or a sandbox's URL; NULL until a sender uses it for the first time
    Column("created_at", BigInteger, nullable=False),
)

#: A row for each account. Accounts with the same ``seller`` share Amazon's usage plans, so one sender serves them all.
sellers = Table(
    "spapi_sellers",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("account", String(255), nullable=False, unique=True),  # a name, never a secret; "" if it needs none
    Column("seller", String(255)),  # endpoint, application and seller, as digests; NULL until a sender knows them
    Column("owner", String(36)),  # the sender that serves it now
    Column("epoch", BigInteger, nullable=False, server_default="0"),  # raised whenever it is claimed or taken over
    Column("last_served_at", BigInteger, nullable=False, server_default="0"),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("parked_at", BigInteger),
    Column("parked_error", String(64)),  # the error's class
    Column("parked_reason", Text),
    Column("buckets", _Json),  # by operation: the state of its usage plan's bucket, and the rate learned
)

#: A row for each sender that is running, or that ended without saying so.
senders = Table(
    "spapi_senders",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("lock_number", BigInteger, nullable=False),  # of PostgreSQL's advisory lock
    Column("host", String(255), nullable=False),
    Column("process", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("heartbeat_at", BigInteger),
)

#: A row for each message.
messages = Table(
    "spapi_messages",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("own_key", Text),  # the caller's own key, which replaces ours
    Column("seller_id", _Id, ForeignKey(sellers.c.id), nullable=False),
    Column("region", String(2), nullable=False),
    Column("marketplace", String(20), nullable=False),
    Column("amazon_order_id", String(64)),
    Column("message_type", String(64), nullable=False),
    Column("document", String(255)),
    Column("digest", String(64), nullable=False),  # of the content
    Column("text", Text),  # that of a buyer whose language is not among ``texts``
    Column("fields", _Json),  # the type's other fields, such as coverage_start_date
    Column("attachments", _Json),  # path, name, size and SHA-256 of each
    Column("state", String(12), nullable=False, server_default="pending"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", BigInteger, nullable=False, server_default=str(NEVER)),
    Column("not_before", BigInteger, nullable=False, server_default="0"),
    Column("waiting_since", BigInteger),
    Column("sender", String(36)),  # that claimed it last
    Column("epoch", BigInteger, nullable=False, server_default="0"),  # the seller's when it was claimed
    Column("request_id", String(255)),
    Column("status_code", Integer),
    Column("error_type", String(64)),
    Column("error_text", Text),
    Column("receipt", _Json),
    Column("note", Text),  # a person's word
    Column("added_at", BigInteger, nullable=False),
    Column("sending_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("texts", _Json),  # by language, where there are several
    Column("language", String(35)),  # the buyer's, once Amazon was asked; empty if it named none
    Column("batch", String(64)),  # what it was added with last, such as a file's digest
    # The predicates are literals: SQLite uses such an index only for a query that has the same words in it.
    Index(
        "spapi_messages_pending",
        "seller_id",
        "message_type",
        "due_at",
        "id",
        "not_before",  # these two, so that looking for work reads this index alone
        "batch",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    # A seller's most urgent message is the first of its entries, however many it has.
    Index(
        "spapi_messages_due",
        "seller_id",
        "due_at",
        "id",
        "not_before",
        "batch",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "spapi_messages_waiting",
        "not_before",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "spapi_messages_claimed",
        "sender",
        sqlite_where=CLAIMED_OR_SENDING,
        postgresql_where=CLAIMED_OR_SENDING,
    ),
    Index("spapi_messages_order", "amazon_order_id", "message_type"),
)

#: What was archived: the hash of its key and its last state, so that what was sent stays sent.
kept_keys = Table(
    "spapi_kept_keys",
    metadata,
    Column("key_hash", String(64), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("kept_at", BigInteger, nullable=False),
)
