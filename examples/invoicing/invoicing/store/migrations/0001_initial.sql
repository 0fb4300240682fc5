-- The tables of invoicing, with row-level security and the grants of the service's role.
-- Run as invoicing_owner, which owns everything here; the service runs as invoicing_app, which owns nothing.
set local search_path = invoicing;

create table organization (
  id uuid primary key default gen_random_uuid(),
  slug text not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  name text not null check (char_length(name) between 1 and 200),
  region text check (region in ('eu', 'us')),
  created_at timestamptz not null default now()
);
alter table organization enable row level security;
alter table organization force row level security;
create policy tenant_isolation on organization as permissive for all to invoicing_app
  using (id = (select current_setting('app.tenant_id', true)::uuid))
  with check (id = (select current_setting('app.tenant_id', true)::uuid));
grant select on organization to invoicing_app;

-- Who belongs to a tenant, and in which roles. A principal is an issuer's subject: the same
-- subject of two issuers is two people.
create table member (
  tenant_id uuid not null references organization (id),
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
    (kind = 'human' and roles <@ array['viewer', 'analyst', 'member', 'accountant']::text[])
    or (kind = 'service' and roles <@ array['billing_worker']::text[])
  )
);
alter table member enable row level security;
alter table member force row level security;
create policy tenant_isolation on member as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant select on member to invoicing_app;

-- What happened: written in the transaction of the effect, never changed, kept 2555 days.
create table audit_event (
  tenant_id uuid not null references organization (id),
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
create policy tenant_isolation on audit_event as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant insert on audit_event to invoicing_app;

create function audit_event_is_append_only() returns trigger language plpgsql as $function$
begin
  if tg_op = 'DELETE' and old.occurred_at < now() - interval '2555 days' then
    return old;
  end if;
  raise exception 'audit events are append-only for 2555 days' using errcode = '55000';
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
create policy tenant_isolation on idempotency_key as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
grant select, insert, update (fingerprint, resource_id, version, body, created_at, expires_at)
  on idempotency_key to invoicing_app;

create table customer (
  tenant_id uuid not null references organization (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  name text not null check (char_length(name) between 1 and 120),
  email text not null check (char_length(email) between 0 and 254),
  phone text check (char_length(phone) between 0 and 40),
  region text not null check (region in ('eu', 'us')),
  tax_number text check (char_length(tax_number) between 0 and 20 and tax_number !~ '[[:cntrl:]]'),
  website text check (char_length(website) between 0 and 300),
  payment_terms bigint not null default 2592000 check (payment_terms between 0 and 10368000),
  tags jsonb check (jsonb_typeof(tags) = 'array' and jsonb_array_length(tags) between 0 and 20),
  remark text check (char_length(remark) between 0 and 2000),
  address jsonb not null check (jsonb_typeof(address) = 'object' and address ?& array['street', 'postal_code', 'city', 'country']),
  constraint customer_email_key unique (tenant_id, email),
  primary key (tenant_id, id)
);
create index customer_newest_idx on customer (tenant_id, created_at desc, id desc);
create index customer_name_sort_idx on customer (tenant_id, name, id);
create index customer_name_idx on customer (tenant_id, name text_pattern_ops, created_at desc, id desc);
create index customer_email_idx on customer (tenant_id, email, created_at desc, id desc);
create index customer_region_idx on customer (tenant_id, region, created_at desc, id desc);
alter table customer enable row level security;
alter table customer force row level security;
create policy tenant_isolation on customer as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on customer as restrictive for select to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member', 'viewer'])) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['analyst']) and customer.region in (select jsonb_array_elements_text(nullif(current_setting('app.attributes', true), '')::jsonb -> 'regions')))));
create policy reach_insert on customer as restrictive for insert to invoicing_app
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member']));
create policy reach_update on customer as restrictive for update to invoicing_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member']))
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member']));
create policy reach_delete on customer as restrictive for delete to invoicing_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']));
grant select, insert, update (name, email, phone, region, tax_number, website, payment_terms, tags, remark, address, version, updated_at), delete on customer to invoicing_app;

create table invoice (
  tenant_id uuid not null references organization (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  owner_id uuid not null,
  number text not null check (char_length(number) between 0 and 16 and number !~ '[[:cntrl:]]'),
  title text not null check (char_length(title) between 0 and 200),
  customer_id uuid not null,
  region text not null check (region in ('eu', 'us')),
  status text not null default 'draft' check (status in ('draft', 'sent', 'paid', 'void')),
  total bigint check (total between -1000000000000000 and 1000000000000000),
  issued_on date,
  due_on date not null,
  paid_at timestamptz,
  network_id uuid,
  constraint invoice_number_key unique (tenant_id, number),
  primary key (tenant_id, id)
);
create index invoice_newest_idx on invoice (tenant_id, created_at desc, id desc);
create index invoice_owner_id_idx on invoice (tenant_id, owner_id, created_at desc, id desc);
create index invoice_number_sort_idx on invoice (tenant_id, number, id);
create index invoice_number_idx on invoice (tenant_id, number text_pattern_ops, created_at desc, id desc);
create index invoice_customer_id_idx on invoice (tenant_id, customer_id, created_at desc, id desc);
create index invoice_region_idx on invoice (tenant_id, region, created_at desc, id desc);
create index invoice_status_idx on invoice (tenant_id, status, created_at desc, id desc);
create index invoice_issued_on_idx on invoice (tenant_id, issued_on, created_at desc, id desc);
create index invoice_due_on_sort_idx on invoice (tenant_id, due_on, id);
create index invoice_paid_at_idx on invoice (tenant_id, paid_at, created_at desc, id desc);
alter table invoice enable row level security;
alter table invoice force row level security;
create policy tenant_isolation on invoice as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on invoice as restrictive for select to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['analyst']) and invoice.region in (select jsonb_array_elements_text(nullif(current_setting('app.attributes', true), '')::jsonb -> 'regions')))));
create policy reach_insert on invoice as restrictive for insert to invoicing_app
  with check ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant'])) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice.region = (select o.region from invoicing.organization o where o.id = (select current_setting('app.tenant_id', true)::uuid)))));
create policy reach_update on invoice as restrictive for update to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and invoice.status = 'draft') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid) and invoice.status = 'draft') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'billing_worker']) and invoice.status = 'sent') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and (select o.region from invoicing.organization o where o.id = (select current_setting('app.tenant_id', true)::uuid)) = 'eu' and invoice.status = 'sent')))
  with check ((((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and invoice.status = 'draft') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid) and invoice.status = 'draft'))) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'billing_worker']))));
create policy reach_delete on invoice as restrictive for delete to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and invoice.status = 'draft') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid) and invoice.status = 'draft')));
grant select, insert, update (title, customer_id, status, total, issued_on, due_on, paid_at, network_id, version, updated_at), delete on invoice to invoicing_app;

create table invoice_line (
  tenant_id uuid not null references organization (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  invoice_id uuid not null,
  owner_id uuid not null,
  "position" bigint not null check ("position" between 1 and 500),
  description text not null check (char_length(description) between 1 and 300),
  quantity numeric(9, 2) not null check (quantity >= 0.01),
  unit_price bigint not null check (unit_price between 0 and 1000000000000000),
  tax_rate numeric(5, 2) not null check (tax_rate >= 0 and tax_rate <= 100),
  amount bigint check (amount between -1000000000000000 and 1000000000000000),
  locked boolean not null default false,
  constraint invoice_line_invoice_id_position_key unique (tenant_id, invoice_id, "position"),
  primary key (tenant_id, id)
);
create index invoice_line_newest_idx on invoice_line (tenant_id, created_at desc, id desc);
create index invoice_line_invoice_id_idx on invoice_line (tenant_id, invoice_id, created_at desc, id desc);
create index invoice_line_owner_id_idx on invoice_line (tenant_id, owner_id, created_at desc, id desc);
create index invoice_line_position_sort_idx on invoice_line (tenant_id, "position", id);
alter table invoice_line enable row level security;
alter table invoice_line force row level security;
create policy tenant_isolation on invoice_line as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on invoice_line as restrictive for select to invoicing_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'billing_worker', 'member', 'viewer']));
create policy reach_insert on invoice_line as restrictive for insert to invoicing_app
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member']) and invoice_line.locked = false and invoice_line.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid));
create policy reach_update on invoice_line as restrictive for update to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'billing_worker']) and invoice_line.locked = false) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice_line.locked = false and invoice_line.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid))))
  with check ((((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and invoice_line.locked = false) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice_line.locked = false and invoice_line.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)))) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['billing_worker']))));
create policy reach_delete on invoice_line as restrictive for delete to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and invoice_line.locked = false) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['member']) and invoice_line.locked = false and invoice_line.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid))));
grant select, insert, update ("position", description, quantity, unit_price, tax_rate, amount, locked, version, updated_at), delete on invoice_line to invoicing_app;

create table payment (
  tenant_id uuid not null references organization (id),
  id uuid not null default gen_random_uuid(),
  version bigint not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  recorded_by uuid not null,
  invoice_id uuid not null,
  amount bigint not null check (amount between 1 and 1000000000000000),
  method text not null check (method in ('bank_transfer', 'card', 'direct_debit', 'cash')),
  mode text not null default 'live' check (mode in ('live', 'test')),
  received_on date not null,
  payer_account text check (char_length(payer_account) between 0 and 34),
  provider_reference text check (char_length(provider_reference) between 0 and 80),
  status text not null default 'received' check (status in ('received', 'refunded')),
  refunded_at timestamptz,
  constraint payment_provider_reference_key unique (tenant_id, provider_reference),
  primary key (tenant_id, id)
);
create index payment_newest_idx on payment (tenant_id, created_at desc, id desc);
create index payment_recorded_by_idx on payment (tenant_id, recorded_by, created_at desc, id desc);
create index payment_invoice_id_idx on payment (tenant_id, invoice_id, created_at desc, id desc);
create index payment_amount_idx on payment (tenant_id, amount, created_at desc, id desc);
create index payment_method_idx on payment (tenant_id, method, created_at desc, id desc);
create index payment_received_on_sort_idx on payment (tenant_id, received_on, id);
create index payment_provider_reference_idx on payment (tenant_id, provider_reference, created_at desc, id desc);
create index payment_status_idx on payment (tenant_id, status, created_at desc, id desc);
alter table payment enable row level security;
alter table payment force row level security;
create policy tenant_isolation on payment as permissive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));
create policy reach_select on payment as restrictive for select to invoicing_app
  using ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant', 'member', 'viewer'])) or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['billing_worker']) and (select current_setting('app.environment', true)) in ('development', 'staging') and payment.mode = 'test') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['billing_worker']) and (select current_setting('app.environment', true)) = 'production' and payment.mode = 'live')));
create policy reach_insert on payment as restrictive for insert to invoicing_app
  with check ((((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['billing_worker']) and (select current_setting('app.environment', true)) in ('development', 'staging') and payment.mode = 'test') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['billing_worker']) and (select current_setting('app.environment', true)) = 'production' and payment.mode = 'live') or ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and payment.method in ('bank_transfer', 'cash') and payment.mode = 'live')));
create policy reach_update on payment as restrictive for update to invoicing_app
  using ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']) and payment.status = 'received')
  with check ((select (select nullif(current_setting('app.roles', true), '')::text[]) && array['accountant']));
grant select, insert, update (status, refunded_at, version, updated_at) on payment to invoicing_app;

alter table invoice add constraint invoice_owner_id_fkey foreign key (tenant_id, owner_id) references invoicing.member (tenant_id, id);
alter table invoice add constraint invoice_customer_id_fkey foreign key (tenant_id, customer_id) references invoicing.customer (tenant_id, id);
alter table invoice_line add constraint invoice_line_invoice_id_fkey foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id);
alter table invoice_line add constraint invoice_line_owner_id_fkey foreign key (tenant_id, owner_id) references invoicing.member (tenant_id, id);
alter table payment add constraint payment_recorded_by_fkey foreign key (tenant_id, recorded_by) references invoicing.member (tenant_id, id);
alter table payment add constraint payment_invoice_id_fkey foreign key (tenant_id, invoice_id) references invoicing.invoice (tenant_id, id);
