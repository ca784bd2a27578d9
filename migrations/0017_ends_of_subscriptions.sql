-- Who ended a request or a grant, and why: beside the decision, whose comment stays.

alter table subscriptions add column ended_by text references users (id); -- null: time did, or nobody knows any more
alter table subscriptions add column end_reason text not null default '';

-- Until now the reason was written over the comment. Where nothing was decided, and where time ended it, that is what stands
-- there; of what was revoked or returned nobody can tell. When it ended stands in ended_at already.
update subscriptions set end_reason = comment, comment = '' where state in ('withdrawn', 'expired');
