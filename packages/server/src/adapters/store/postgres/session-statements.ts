import type pg from "pg";

const addedEvents = (session: string, first: number, from: string): string => `
  insert into session_events (session_id, sequence, id, type, processed_at, body)
  select ${session}, ${from} + e.position, e.id, e.type, e.processed_at, e.body
  from target, unnest($${first}::bigint[], $${first + 1}::text[], $${first + 2}::text[], $${first + 3}::bigint[], $${first + 4}::text[])
    as e (position, id, type, processed_at, body)`;

const addedClaim = (first: number, now: string): string => `
  insert into idempotency_keys (scope, claim, digest, answer, created_at)
  select $${first}::text, $${first + 1}::text, $${first + 2}::text, $${first + 3}::text, ${now} from target where $${first}::text is not null`;

const addedNews = (first: number): string => `
  insert into webhook_deliveries (id, webhook_id, event_id, type, body, state, attempts, at, created_at)
  select w.id || '.' || n.event_id, w.id, n.event_id, n.type, n.body, 'pending', 0, n.now, n.now
  from target, unnest($${first}::text[], $${first + 1}::text[], $${first + 2}::text[], $${first + 3}::text[], $${first + 4}::bigint[])
    as n (event_id, project_id, type, body, now)
  join webhooks as w on w.project_id = n.project_id and w.disabled = 0
    and (w.events like '%"*"%' or w.events like '%"' || n.type || '"%')
  on conflict (id) do nothing`;

/** `more` is done with it. */
const toCommitText = (more: string): string => `
with target as (
  update sessions set
    version = version + 1,
    last_sequence = last_sequence + $4::bigint,
    status = $5,
    ready = $6::bigint,
    state = $7,
    body = coalesce($8, body),
    archived_at = coalesce($9::bigint, archived_at),
    updated_at = $10::bigint
  where id = $1 and version = $2::bigint and fence = coalesce($3::bigint, fence)
    and not exists (select 1 from idempotency_keys where scope = $27::text and claim = $28::text)
  returning id, version, last_sequence - $4::bigint as before
), added as (${addedEvents("$1", 11, "target.before")}
), changed as (
  update session_events set processed_at = p.at, body = coalesce(p.body, session_events.body)
  from target, unnest($16::text[], $17::bigint[], $18::text[]) as p (id, at, body)
  where session_events.session_id = $1 and session_events.id = p.id
), opened as (
  insert into interactions (id, session_id, project_id, kind, state, deadline, created_at, body)
  select o.id, o.session_id, o.project_id, o.kind, o.state, o.deadline, o.created_at, o.body
  from target, json_to_recordset($19::json) as o
    (id text, session_id text, project_id text, kind text, state text, deadline bigint, created_at bigint, body text)
), closed as (
  update interactions set state = c.state, outcome = c.outcome
  from target, unnest($20::text[], $21::text[], $22::text[]) as c (id, state, outcome)
  where interactions.id = c.id
), kept as (
  insert into transcripts (session_id, transcript_id, content, digest, sequence)
  select $1, $23::text, $24::text, $25::text, $26::bigint from target where $23::text is not null
  on conflict (session_id) do update set transcript_id = excluded.transcript_id, content = excluded.content,
    digest = excluded.digest, sequence = excluded.sequence
), claimed as (${addedClaim(27, "$10::bigint")}
)${more}
select before, version from target`;

/** Changes nothing, and gives no row, where the session is not as the step found it. */
export const commitStatement: pg.QueryConfig = { name: "commit-session", text: toCommitText("") };

/** The same for a step that webhooks are told of, which few are. */
export const commitWithNewsStatement: pg.QueryConfig = {
  name: "commit-session-news",
  text: toCommitText(`, told as (${addedNews(31)}
)`),
};

export const createStatement: pg.QueryConfig = {
  name: "create-session",
  text: `
with target as (
  insert into sessions
  select s.* from json_populate_record(null::sessions, $1::json) as s
  where not exists (select 1 from idempotency_keys where scope = $10::text and claim = $11::text)
  returning id, created_at
), copied as (
  insert into session_events (session_id, sequence, id, type, processed_at, body)
  select target.id, e.sequence, e.id, e.type, coalesce(e.processed_at, target.created_at), e.body
  from target, session_events as e where e.session_id = $7::text and e.sequence <= $8::bigint
), kept as (
  insert into transcripts (session_id, transcript_id, content, digest, sequence)
  select target.id, t.transcript_id, t.content, t.digest, t.sequence
  from target, transcripts as t where t.session_id = $7::text and t.sequence <= $8::bigint and $9::boolean
), added as (${addedEvents("target.id", 2, "$8::bigint")}
), claimed as (${addedClaim(10, "target.created_at")}
), told as (${addedNews(14)}
)
select id from target`,
};

export const removeStatement: pg.QueryConfig = {
  name: "remove-session",
  text: `
with events as (delete from session_events where session_id = $1),
  questions as (delete from interactions where session_id = $1),
  records as (delete from transcripts where session_id = $1),
  target as (delete from sessions where id = $1 returning id),
  told as (${addedNews(2)})
select id from target`,
};
