-- The tables of invoicing: columns, keys and constraints. They hold data, so that this file is
-- history once it was applied. Run as invoicing_owner, which owns everything here.

-- The tenants.
create table organization (
  id uuid not null default gen_random_uuid(),
  slug text not null,
  name text not null,
  region text,
  suspended_at timestamptz,
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint organization_slug_key unique (slug),
  constraint organization_slug_check check (slug ~ E'^[a-z0-9][a-z0-9-]{0,62}\x24'),
  constraint organization_name_check check (char_length(name) between 1 and 200),
  constraint organization_region_check check (region in ('eu', 'us')),
  primary key (id)
);
alter table organization enable row level security;
alter table organization force row level security;

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

-- Api keys.
create table api_key (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  member_id uuid not null,
  name text not null,
  operations jsonb not null,
  networks jsonb,
  lifetime bigint not null,
  expires_at timestamptz not null,
  issued_at timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at timestamptz,
  former_valid_until timestamptz,
  digest text not null,
  former_digest text,
  constraint api_key_name_check check
    (char_length(name) between 1 and 100 and name !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint api_key_operations_check check
    (jsonb_typeof(operations) = 'array' and jsonb_array_length(operations) between 1 and 1000),
  constraint api_key_networks_check check
    (jsonb_typeof(networks) = 'array' and jsonb_array_length(networks) between 1 and 20),
  constraint api_key_lifetime_check check (lifetime between 60 and 31536000),
  constraint api_key_digest_check check
    (char_length(digest) between 64 and 64 and digest !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint api_key_former_digest_check check
    (char_length(former_digest) between 64 and 64 and former_digest !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  primary key (tenant_id, id)
);
alter table api_key enable row level security;
alter table api_key force row level security;

-- Who may become a member, in which roles and until when.
create table invitation (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  invited_by uuid not null,
  roles text[] not null,
  email text,
  issuer text,
  subject text,
  name text,
  expires_in bigint not null default 604800,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  accepted_at timestamptz,
  accepted_by uuid,
  digest text not null,
  constraint invitation_roles_check check (cardinality(roles) between 1 and 50),
  constraint invitation_email_check check
    (char_length(email) <= 254
       and email ~ E'^[A-Za-z0-9.!#\x24%&''*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+\x24'),
  constraint invitation_issuer_check check
    (char_length(issuer) <= 500 and issuer !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint invitation_subject_check check
    (char_length(subject) between 1 and 500 and subject !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint invitation_name_check check (char_length(name) <= 200 and name !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint invitation_expires_in_check check (expires_in between 3600 and 2592000),
  constraint invitation_digest_check check
    (char_length(digest) between 64 and 64 and digest !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  primary key (tenant_id, id)
);
alter table invitation enable row level security;
alter table invitation force row level security;

-- Who has made which tenant, by the digest of their issuer and subject.
create table sign_up (
  tenant_id uuid not null,
  digest text not null,
  number bigint not null,
  created_at timestamptz not null default now(),
  constraint sign_up_digest_check check (char_length(digest) = 64),
  constraint sign_up_number_check check (number between 1 and 100),
  primary key (digest, number)
);
alter table sign_up enable row level security;
alter table sign_up force row level security;

-- Which tenant an account of a provider is: the operator says so, and no event.
create table webhook_account (
  provider text not null,
  account text not null,
  tenant_id uuid not null,
  created_at timestamptz not null default now(),
  constraint webhook_account_provider_check check (provider <> ''),
  constraint webhook_account_account_check check (char_length(account) between 1 and 255),
  primary key (provider, account)
);
alter table webhook_account enable row level security;
alter table webhook_account force row level security;

-- Every event of a provider that was signed, once, with what became of it.
create table webhook_event (
  provider text not null,
  event_id text not null,
  type text,
  mode text,
  account text,
  tenant_id uuid,
  occurred_at timestamptz,
  received_at timestamptz not null default now(),
  outcome text not null,
  digest text not null,
  constraint webhook_event_event_id_check check (char_length(event_id) between 1 and 255),
  constraint webhook_event_type_check check (char_length(type) <= 255),
  constraint webhook_event_mode_check check (mode in ('live', 'test')),
  constraint webhook_event_account_check check (char_length(account) <= 255),
  constraint webhook_event_digest_check check (char_length(digest) = 64),
  primary key (provider, event_id)
);
alter table webhook_event enable row level security;
alter table webhook_event force row level security;

-- When the newest event of a provider that had an effect on a row has happened.
create table webhook_order (
  tenant_id uuid not null,
  provider text not null,
  resource text not null,
  resource_id uuid not null,
  occurred_at timestamptz not null,
  primary key (tenant_id, provider, resource, resource_id)
);
alter table webhook_order enable row level security;
alter table webhook_order force row level security;

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

-- How much each member has spent of each cap, and all of them by a role, by the day or the month in UTC.
create table spending_ (
  tenant_id uuid not null,
  cap text not null,
  period text not null,
  spender text not null,
  spent numeric not null default 0,
  changed_at timestamptz not null default now(),
  constraint spending__period_check check (char_length(period) between 1 and 10),
  constraint spending__spender_check check (char_length(spender) <= 60),
  primary key (tenant_id, cap, period, spender)
);
alter table spending_ enable row level security;
alter table spending_ force row level security;

-- How much of each quota a tenant has used, by the day or the month in UTC; rows that are there are counted as held.
create table usage_ (
  tenant_id uuid not null,
  meter text not null,
  period text not null,
  used bigint not null default 0,
  changed_at timestamptz not null default now(),
  closed_at timestamptz,
  primary key (tenant_id, meter, period)
);
alter table usage_ enable row level security;
alter table usage_ force row level security;

-- What each meter came to in a period that has ended, and whether the billing provider was told.
create table usage_closing (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  meter text not null,
  period text not null,
  used bigint not null default 0,
  event text,
  state text not null default 'waiting',
  due_at timestamptz default now(),
  attempts bigint not null default 0,
  last_error text,
  finished_at timestamptz,
  constraint usage_closing_period_key unique (tenant_id, meter, period),
  primary key (tenant_id, id)
);
alter table usage_closing enable row level security;
alter table usage_closing force row level security;

-- Which plan a tenant has, and whether it counts. A tenant without a row has the first one.
create table subscription (
  tenant_id uuid not null,
  plan text not null,
  state text not null,
  trial_ends_at timestamptz,
  past_due_at timestamptz,
  because text,
  event_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  constraint subscription_state_check check
    (state in ('trialing', 'active', 'past_due', 'unpaid', 'canceled', 'paused', 'incomplete', 'disputed')),
  constraint subscription_because_check check (char_length(because) between 1 and 500),
  primary key (tenant_id)
);
alter table subscription enable row level security;
alter table subscription force row level security;

-- What became of each subscription, and when: it tells what a payment was for.
create table subscription_change (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  recorded_at timestamptz not null default now(),
  event_at timestamptz,
  was text,
  state text not null,
  plan text,
  because text,
  primary key (tenant_id, id)
);
alter table subscription_change enable row level security;
alter table subscription_change force row level security;

-- What is asked of the billing provider: written before it is, and with what it answered.
create table billing_request (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  kind text not null,
  plan text,
  price text,
  state text not null default 'waiting',
  due_at timestamptz default now(),
  attempts bigint not null default 0,
  last_error text,
  finished_at timestamptz,
  url text,
  url_expires_at timestamptz,
  reference text,
  ended_as text,
  amount bigint,
  currency text,
  primary key (tenant_id, id)
);
alter table billing_request enable row level security;
alter table billing_request force row level security;

-- What is known of the subscription of a tenant, and how; nothing in it is changed.
create table billing_event (
  tenant_id uuid not null,
  event_id text not null,
  type text,
  kind text not null,
  subject text,
  state text,
  plan text,
  began_at timestamptz,
  ends_at timestamptz,
  occurred_at timestamptz not null,
  rank bigint not null default 0,
  received_at timestamptz not null default now(),
  constraint billing_event_event_id_check check (char_length(event_id) between 1 and 300),
  constraint billing_event_type_check check (char_length(type) <= 100),
  constraint billing_event_kind_check check
    (kind in ('state', 'failed', 'paid', 'disputed', 'won', 'lost', 'charge', 'completed', 'expired', 'base')),
  constraint billing_event_subject_check check (char_length(subject) <= 255),
  constraint billing_event_state_check check
    (state in ('trialing', 'active', 'past_due', 'unpaid', 'canceled', 'paused', 'incomplete', 'disputed')),
  constraint billing_event_plan_check check (char_length(plan) <= 28),
  primary key (tenant_id, event_id)
);
alter table billing_event enable row level security;
alter table billing_event force row level security;

-- Webhook endpoints.
create table webhook_endpoint (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  url text not null,
  events jsonb not null,
  description text,
  active boolean not null default true,
  former_valid_until timestamptz,
  secret_version bigint not null default 1,
  former_secret_version bigint,
  constraint webhook_endpoint_url_check check
    (char_length(url) <= 1000
       and url ~ E'^(https://[0-9A-Za-z.-]+|http://(localhost|127\\.0\\.0\\.1))(:[0-9]{1,5})?(/[!-~]*)?\x24'),
  constraint webhook_endpoint_events_check check
    (jsonb_typeof(events) = 'array' and jsonb_array_length(events) between 1 and 1000),
  constraint webhook_endpoint_description_check check
    (char_length(description) <= 200 and description !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint webhook_endpoint_secret_version_check check (secret_version between 1 and 9007199254740991),
  constraint webhook_endpoint_former_secret_version_check check (former_secret_version between 1 and 9007199254740991),
  primary key (tenant_id, id)
);
alter table webhook_endpoint enable row level security;
alter table webhook_endpoint force row level security;

-- Messages to endpoints: written in the transaction of the effect that they tell.
create table webhook_delivery (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  endpoint_id uuid not null,
  event text not null,
  resource text not null,
  resource_id uuid not null,
  resource_version bigint not null,
  payload text not null,
  state text not null default 'waiting',
  due_at timestamptz default now(),
  attempts bigint not null default 0,
  last_status bigint,
  last_error text,
  finished_at timestamptz,
  primary key (tenant_id, id)
);
alter table webhook_delivery enable row level security;
alter table webhook_delivery force row level security;

-- What follows an action: written in its transaction, for a hook that a worker calls.
create table outbox_message (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  hook text not null,
  member_id uuid not null,
  resource_id uuid,
  resource_version bigint,
  payload text not null,
  state text not null default 'waiting',
  due_at timestamptz default now(),
  attempts bigint not null default 0,
  last_error text,
  finished_at timestamptz,
  primary key (tenant_id, id)
);
alter table outbox_message enable row level security;
alter table outbox_message force row level security;

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

-- Customers.
create table customer (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  name text not null,
  email text not null,
  phone text,
  region text not null,
  tax_number text,
  website text,
  payment_terms bigint not null default 2592000,
  tags jsonb,
  remark text,
  address jsonb not null,
  constraint customer_email_key unique (tenant_id, email),
  constraint customer_name_check check
    (char_length(name) between 1 and 120 and name !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint customer_email_check check
    (char_length(email) <= 254
       and email ~ E'^[A-Za-z0-9.!#\x24%&''*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+\x24'),
  constraint customer_phone_check check (char_length(phone) <= 40 and phone !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint customer_region_check check (region in ('eu', 'us')),
  constraint customer_tax_number_check check (tax_number ~ E'^[A-Z0-9]{4,20}\x24'),
  constraint customer_website_check check
    (char_length(website) <= 300
       and website ~ '^https?://.'
       and website !~ '[<>\x22\\^`{-}\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]'),
  constraint customer_payment_terms_check check (payment_terms between 0 and 10368000),
  constraint customer_tags_check check (jsonb_typeof(tags) = 'array' and jsonb_array_length(tags) between 0 and 20),
  constraint customer_remark_check check
    (char_length(remark) <= 2000 and remark !~ '[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]'),
  constraint customer_address_check check
    (jsonb_typeof(address) = 'object' and address ?& array['street', 'postal_code', 'city', 'country']),
  primary key (tenant_id, id)
);
alter table customer enable row level security;
alter table customer force row level security;

-- Invoices.
create table invoice (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  number text not null,
  title text not null,
  customer_id uuid not null,
  region text not null,
  status text not null default 'draft',
  total bigint,
  issued_on date,
  due_on date not null,
  paid_at timestamptz,
  network_id uuid,
  constraint invoice_number_key unique (tenant_id, number),
  constraint invoice_number_check check (number ~ E'^[A-Z]{2,4}-[0-9]{4,8}\x24'),
  constraint invoice_title_check check (char_length(title) <= 200 and title !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint invoice_region_check check (region in ('eu', 'us')),
  constraint invoice_status_check check (status in ('draft', 'sent', 'paid', 'void')),
  constraint invoice_total_check check (total between -1000000000000000 and 1000000000000000),
  primary key (tenant_id, id)
);
alter table invoice enable row level security;
alter table invoice force row level security;

-- Invoice lines.
create table invoice_line (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  invoice_id uuid not null,
  owner_id uuid not null,
  "position" bigint not null,
  description text not null,
  quantity numeric(9, 2) not null,
  unit_price bigint not null,
  tax_rate numeric(5, 2) not null,
  amount bigint,
  locked boolean not null default false,
  constraint invoice_line_invoice_id_position_key unique (tenant_id, invoice_id, "position"),
  constraint invoice_line_position_check check ("position" between 1 and 500),
  constraint invoice_line_description_check check
    (char_length(description) between 1 and 300 and description !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint invoice_line_quantity_check check (quantity >= 0.01),
  constraint invoice_line_unit_price_check check (unit_price between 0 and 1000000000000000),
  constraint invoice_line_tax_rate_check check (tax_rate >= 0 and tax_rate <= 100),
  constraint invoice_line_amount_check check (amount between -1000000000000000 and 1000000000000000),
  primary key (tenant_id, id)
);
alter table invoice_line enable row level security;
alter table invoice_line force row level security;

-- Payments.
create table payment (
  tenant_id uuid not null,
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  recorded_by uuid not null,
  invoice_id uuid not null,
  amount bigint not null,
  method text not null,
  mode text not null default 'live',
  received_on date not null,
  payer_account text,
  provider_reference text,
  status text not null default 'received',
  refunded_at timestamptz,
  constraint payment_provider_reference_key unique (tenant_id, provider_reference),
  constraint payment_amount_check check (amount between 1 and 1000000000000000),
  constraint payment_method_check check (method in ('bank_transfer', 'card', 'direct_debit', 'cash')),
  constraint payment_mode_check check (mode in ('live', 'test')),
  constraint payment_payer_account_check check
    (char_length(payer_account) <= 34 and payer_account !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint payment_provider_reference_check check
    (char_length(provider_reference) <= 80 and provider_reference !~ '[\x00-\x1f\x7f-\x9f\u2028\u2029]'),
  constraint payment_status_check check (status in ('received', 'refunded')),
  primary key (tenant_id, id)
);
alter table payment enable row level security;
alter table payment force row level security;

alter table member add constraint member_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table api_key add constraint api_key_member_id_fkey
  foreign key (tenant_id, member_id)
  references member (tenant_id, id);
alter table invitation add constraint invitation_invited_by_fkey
  foreign key (tenant_id, invited_by)
  references member (tenant_id, id);
alter table webhook_account add constraint webhook_account_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table idempotency_key add constraint idempotency_key_member_id_fkey
  foreign key (tenant_id, member_id)
  references member (tenant_id, id);
alter table spending_ add constraint spending__tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table usage_ add constraint usage__tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table usage_closing add constraint usage_closing_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table subscription add constraint subscription_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table subscription_change add constraint subscription_change_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table billing_request add constraint billing_request_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table billing_event add constraint billing_event_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table webhook_endpoint add constraint webhook_endpoint_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table customer add constraint customer_tenant_id_fkey
  foreign key (tenant_id)
  references organization (id);
alter table invoice add constraint invoice_owner_id_fkey
  foreign key (tenant_id, owner_id)
  references member (tenant_id, id);
alter table invoice add constraint invoice_customer_id_fkey
  foreign key (tenant_id, customer_id)
  references customer (tenant_id, id);
alter table invoice_line add constraint invoice_line_invoice_id_fkey
  foreign key (tenant_id, invoice_id)
  references invoice (tenant_id, id);
alter table invoice_line add constraint invoice_line_owner_id_fkey
  foreign key (tenant_id, owner_id)
  references member (tenant_id, id);
alter table payment add constraint payment_recorded_by_fkey
  foreign key (tenant_id, recorded_by)
  references member (tenant_id, id);
alter table payment add constraint payment_invoice_id_fkey
  foreign key (tenant_id, invoice_id)
  references invoice (tenant_id, id);
