-- The tables of notes: columns, keys and constraints. They hold data, so that this file is
-- history once it was applied. Run as notes_owner, which owns everything here.

-- The tenants.
create table workspace (
  id uuid not null default gen_random_uuid(),
  slug text not null,
  name text not null,
  suspended_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint workspace_slug_key unique (slug),
  constraint workspace_slug_check check (slug ~ E'^[a-z0-9][a-z0-9-]{0,62}\x24'),
  constraint workspace_name_check check (char_length(name) between 1 and 200),
  primary key (id)
);
alter table workspace enable row level security;
alter table workspace force row level security;

-- Who belongs to a tenant, and in which roles. A principal is the subject of an issuer: the same subject of two
-- issuers is two people.
create table member (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  issuer text not null,
  subject text not null,
  kind text not null,
  name text,
  email text,
  roles text[] not null default '{}',
  active boolean not null default true,
  tokens_valid_after timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint member_subject_key unique (tenant_id, issuer, subject, kind),
  constraint member_subject_check check (subject <> ''),
  constraint member_kind_check check (kind in ('human', 'service')),
  primary key (tenant_id, id)
);
alter table member enable row level security;
alter table member force row level security;

-- Which roles a member may hold: those of every release that is in use. Belongs to no tenant.
create table member_role (
  name text not null,
  kind text not null,
  constraint member_role_kind_check check (kind in ('human', 'service')),
  primary key (name, kind)
);

-- The answers of requests with an idempotency key, for a day.
create table idempotency_key (
  tenant_id uuid not null,
  member_id uuid not null,
  operation text not null,
  key text not null,
  fingerprint text not null,
  resource_id uuid,
  version bigint,
  body text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  constraint idempotency_key_key_check check (char_length(key) between 1 and 200),
  primary key (tenant_id, member_id, operation, key)
);
alter table idempotency_key enable row level security;
alter table idempotency_key force row level security;

-- What happened: written in the transaction of the effect, and never changed.
create table audit_event (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  member_id uuid not null,
  occurred_at timestamptz not null default now(),
  operation text not null,
  resource text not null,
  resource_id uuid,
  resource_version bigint,
  fields jsonb not null,
  request_id text not null,
  primary key (tenant_id, occurred_at, id)
);
alter table audit_event enable row level security;
alter table audit_event force row level security;

-- Notebooks.
create table notebook (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  name text not null,
  constraint notebook_name_key unique (tenant_id, name),
  constraint notebook_name_check check
    (char_length(name) between 1 and 80 and name !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  primary key (tenant_id, id)
);
alter table notebook enable row level security;
alter table notebook force row level security;

-- Notes.
create table note (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  notebook_id uuid not null,
  title text not null,
  body text not null,
  pinned boolean not null default false,
  constraint note_title_check check
    (char_length(title) between 1 and 120 and title !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint note_body_check check (char_length(body) <= 20000 and body !~ '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]'),
  primary key (tenant_id, id)
);
alter table note enable row level security;
alter table note force row level security;

alter table member add constraint member_tenant_id_fkey
  foreign key (tenant_id)
  references workspace (id);
alter table idempotency_key add constraint idempotency_key_member_id_fkey
  foreign key (tenant_id, member_id)
  references member (tenant_id, id);
alter table notebook add constraint notebook_owner_id_fkey
  foreign key (tenant_id, owner_id)
  references member (tenant_id, id);
alter table note add constraint note_owner_id_fkey
  foreign key (tenant_id, owner_id)
  references member (tenant_id, id);
alter table note add constraint note_notebook_id_fkey
  foreign key (tenant_id, notebook_id)
  references notebook (tenant_id, id);
