-- What people are told: an entry in their inbox and a mail, written in the transaction of what it tells of.

create table notifications (
  id text primary key,
  user_id text not null references users (id),
  kind text not null,
  subject text not null,
  body text not null,
  link text not null,
  created_at bigint not null,
  read_at bigint
);
create index notifications_by_user on notifications (user_id, id);

-- The mails. A mail keeps its address: it went where the user's mail went then.
create table outbox (
  id text primary key, -- that of the notification
  recipient text not null,
  recipient_name text not null,
  state text not null check (state in ('waiting', 'sent', 'failed')),
  attempts bigint not null,
  next_attempt_at bigint not null,
  sent_at bigint,
  failure text not null
);
create index outbox_waiting on outbox (next_attempt_at) where state = 'waiting';
