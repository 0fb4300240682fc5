-- The tables of notes, with row-level security and the grants of the service's role.
-- Run as notes_owner, which owns everything here; the service runs as notes_app, which owns nothing.
set local search_path = notes;

create table workspace (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (char_length(name) between 1 and 200),
  created_at timestamptz not null default now()
);
alter table workspace enable row level security;
alter table workspace force row level security;
create policy tenant_isolation on workspace as permissive for all to notes_app
  using (id = (select current_setting('app.tenant_id', true)::uuid))
  with check (id = (select current_setting('app.tenant_id', true)::uuid));
grant select on workspace to notes_app;

-- Who belongs to a tenant, and in which roles. A principal is an issuer's subject: the same
-- subject of two issuers is two people.
create table member (
  tenant_id uuid not null references workspace (id),
  id uuid not null default gen_random_uuid(),
  issuer text not null,
  subject text not null check (subject <> ''),
  kind text not null check (kind in ('human', 'service')),
  roles text[] not null,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (tenant_id, id),
  unique (tenant_id, issuer, subject, kind),
  check (
    (kind = 'human' and roles <@ array['reader', 'writer']::text[])
    or (kind = 'service' and roles <@ array[]::text[])
  )
);
alter table member enable row level security;
alter table member force row level security;
create policy tenant_isolation on member as permissive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant select on member to notes_app;

-- What happened: written in the transaction of the effect, never changed, kept 400 days.
create table audit_event (
  tenant_id uuid not null references workspace (id),
  id uuid not null default gen_random_uuid(),
  occurred_at timestamptz not null default now(),
  member_id uuid not null,
  operation text not null,
  resource text not null,
  resource_id uuid,
  version bigint,
  fields text[] not null,
  request_id text not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, member_id) references member (tenant_id, id)
);
create index audit_event_newest_idx on audit_event (tenant_id, occurred_at desc, id desc);
alter table audit_event enable row level security;
alter table audit_event force row level security;
create policy tenant_isolation on audit_event as permissive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant insert on audit_event to notes_app;

create function audit_event_is_append_only() returns trigger language plpgsql as $function$
begin
  if tg_op = 'DELETE' and old.occurred_at < now() - interval '400 days' then
    return old;
  end if;
  raise exception 'audit events are append-only for 400 days' using errcode = '55000';
end
$function$;
create trigger append_only before update or delete on audit_event
  for each row execute function audit_event_is_append_only();
create trigger never_truncated before truncate on audit_event
  for each statement execute function audit_event_is_append_only();

-- The answers of requests with an idempotency key, for a day.
create table idempotency_key (
  tenant_id uuid not null,
  member_id uuid not null,
  operation text not null,
  key text not null check (char_length(key) between 1 and 200),
  fingerprint text not null,
  resource_id uuid,
  version bigint,
  body text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  primary key (tenant_id, member_id, operation, key),
  foreign key (tenant_id, member_id) references member (tenant_id, id)
);
create index idempotency_key_expires_idx on idempotency_key (expires_at);
alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;
create policy tenant_isolation on idempotency_key as permissive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant select, insert, update (fingerprint, resource_id, version, body, created_at, expires_at)
  on idempotency_key to notes_app;

create table notebook (
  tenant_id uuid not null references workspace (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  name text not null check (char_length(name) between 1 and 80),
  constraint notebook_name_key unique (tenant_id, name),
  primary key (tenant_id, id)
);
create index notebook_newest_idx on notebook (tenant_id, created_at desc, id desc);
create index notebook_owner_id_idx on notebook (tenant_id, owner_id, created_at desc, id desc);
create index notebook_name_sort_idx on notebook (tenant_id, name, id);
alter table notebook enable row level security;
alter table notebook force row level security;
create policy tenant_isolation on notebook as permissive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on notebook as restrictive for select to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['reader', 'writer']));
create policy reach_insert on notebook as restrictive for insert to notes_app
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']));
create policy reach_update on notebook as restrictive for update to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid))
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid));
create policy reach_delete on notebook as restrictive for delete to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid));
grant select, insert, update (name, version, updated_at), delete on notebook to notes_app;

create table note (
  tenant_id uuid not null references workspace (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  notebook_id uuid not null,
  title text not null check (char_length(title) between 1 and 120),
  body text not null check (char_length(body) between 0 and 20000),
  pinned boolean not null default false,
  primary key (tenant_id, id)
);
create index note_newest_idx on note (tenant_id, created_at desc, id desc);
create index note_owner_id_idx on note (tenant_id, owner_id, created_at desc, id desc);
create index note_notebook_id_idx on note (tenant_id, notebook_id, created_at desc, id desc);
create index note_title_sort_idx on note (tenant_id, title, id);
create index note_title_idx on note (tenant_id, title text_pattern_ops, created_at desc, id desc);
alter table note enable row level security;
alter table note force row level security;
create policy tenant_isolation on note as permissive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on note as restrictive for select to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['reader', 'writer']));
create policy reach_insert on note as restrictive for insert to notes_app
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']));
create policy reach_update on note as restrictive for update to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid))
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid));
create policy reach_delete on note as restrictive for delete to notes_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['writer']) and note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid));
grant select, insert, update (notebook_id, title, body, pinned, version, updated_at), delete on note to notes_app;

alter table notebook add constraint notebook_owner_id_fkey foreign key (tenant_id, owner_id) references notes.member (tenant_id, id);
alter table note add constraint note_owner_id_fkey foreign key (tenant_id, owner_id) references notes.member (tenant_id, id);
alter table note add constraint note_notebook_id_fkey foreign key (tenant_id, notebook_id) references notes.notebook (tenant_id, id);
