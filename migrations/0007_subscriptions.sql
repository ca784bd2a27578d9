-- Subscriptions: requests, decisions, grants. The grant is the row itself: what the data door looks up is what was decided.

create table subscriptions (
  id text primary key,
  product_id text not null references products (id),
  -- Who reads: exactly one of the two.
  subject_user_id text references users (id),
  subject_domain_id text references domains (id),
  requester_id text not null references users (id),
  purpose text not null,
  state text not null check (state in ('pending', 'approved', 'rejected', 'withdrawn', 'revoked', 'returned', 'expired')),
  row_filter text,
  hidden_columns text, -- JSON list; null: the grant has no limits
  ends_at bigint,
  comment text not null,
  decided_by text references users (id),
  requested_at bigint not null,
  decided_at bigint,
  ended_at bigint,
  version bigint not null,
  check ((subject_user_id is null) <> (subject_domain_id is null))
);

-- One open request or grant per product and subject, whoever asks how often at once.
create unique index subscriptions_open_user on subscriptions (product_id, subject_user_id)
  where state in ('pending', 'approved') and subject_user_id is not null;
create unique index subscriptions_open_domain on subscriptions (product_id, subject_domain_id)
  where state in ('pending', 'approved') and subject_domain_id is not null;

create index subscriptions_by_state on subscriptions (state, id);
create index subscriptions_by_requester on subscriptions (requester_id, id);
create index subscriptions_ending on subscriptions (ends_at) where state = 'approved' and ends_at is not null;
