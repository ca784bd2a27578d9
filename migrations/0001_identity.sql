-- Identity: users, and what they prove themselves with. No secret is stored: passwords as argon2id hashes, the others as
-- SHA-256 of 256 random bits.

create table users (
  id text primary key,
  name text not null unique check (name = lower(name)), -- one person, however he writes it
  email text not null, -- empty: none
  roles bigint not null check (roles between 0 and 15), -- sum of 1 domain-administrator, 2 domain-owner, 4 governance, 8 data-user
  state text not null check (state in ('active', 'disabled')),
  password_hash text, -- null: signs in only after a link has set one
  created_at bigint not null,
  version bigint not null
);

-- One row. Who takes the administrator's role from somebody writes it first, so that two administrators can't remove each
-- other at the same moment and leave the mesh without any.
create table administrators_lock (
  id smallint primary key check (id = 1),
  changes bigint not null
);
insert into administrators_lock (id, changes) values (1, 0);

create table sessions (
  secret_hash text primary key,
  user_id text not null references users (id),
  created_at bigint not null,
  expires_at bigint not null
);
create index sessions_by_user on sessions (user_id, created_at);
create index sessions_by_end on sessions (expires_at);

create table tokens (
  id text primary key,
  user_id text not null references users (id),
  name text not null,
  secret_hash text not null unique,
  created_at bigint not null,
  expires_at bigint -- null: until it is deleted
);
create index tokens_by_user on tokens (user_id, id);

-- Links that set a password, each once. A new one replaces the one before.
create table password_links (
  secret_hash text primary key,
  user_id text references users (id), -- null: makes the first administrator
  expires_at bigint not null
);
create unique index password_links_by_user on password_links (user_id);

-- Wrong passwords of late, by name: known and unknown names alike, hashed, since people type passwords into the wrong field.
create table wrong_passwords (
  name_hash text primary key,
  times text not null, -- JSON list of the last few, in µs, oldest first
  last_at bigint not null
);
create index wrong_passwords_by_time on wrong_passwords (last_at);

-- Answers to POSTs that carried an Idempotency-Key. Sealed: an answer may hold a token.
create table idempotent_answers (
  user_id text not null references users (id),
  idempotency_key text not null,
  answer text not null,
  created_at bigint not null,
  primary key (user_id, idempotency_key)
);
create index idempotent_answers_by_time on idempotent_answers (created_at);
