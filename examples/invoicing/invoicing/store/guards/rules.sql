-- Rules that follow from the spec and hold no data. They are applied again by every migration.

-- What the service's role may do, column by column. An older release may need more: it is taken
-- back by `migrate --prune`.
grant select, insert, update (name, region, version, updated_at) on organization to invoicing_app;
grant select, insert, update (roles, active, tokens_valid_after, version, updated_at) on member to invoicing_app;
grant select, insert,
      update (last_used_at, lifetime, expires_at, issued_at, revoked_at, former_valid_until, digest, former_digest,
              version, updated_at) on api_key to invoicing_app;
grant select, insert, update (revoked_at, accepted_at, accepted_by, version, updated_at)
  on invitation to invoicing_app;
grant select, insert on sign_up to invoicing_app;
grant select on webhook_account to invoicing_app;
grant select, insert, update (type, mode, account, tenant_id, occurred_at, outcome) on webhook_event to invoicing_app;
grant select, insert, update (occurred_at) on webhook_order to invoicing_app;
grant select, insert, update (fingerprint, resource_id, version, body, created_at, expires_at)
  on idempotency_key to invoicing_app;
grant insert on audit_event to invoicing_app;
grant select, insert, delete,
      update (name, email, phone, region, tax_number, website, payment_terms, tags, remark, address, version,
              updated_at) on customer to invoicing_app;
grant select, insert, delete,
      update (title, customer_id, status, total, issued_on, due_on, paid_at, network_id, version, updated_at)
  on invoice to invoicing_app;
grant select, insert, delete,
      update ("position", description, quantity, unit_price, tax_rate, amount, locked, version, updated_at)
  on invoice_line to invoicing_app;
grant select, insert, update (status, refunded_at, version, updated_at) on payment to invoicing_app;

-- What pg_dump reads for a backup.
grant select on organization, member, member_role, api_key, invitation, sign_up, webhook_account, webhook_event,
                webhook_order, idempotency_key, audit_event, customer, invoice, invoice_line, payment
  to invoicing_backup;

-- Which roles a member may hold, and which kind of member may hold them.
insert into member_role (name, kind) values
  ('viewer', 'human'),
  ('analyst', 'human'),
  ('member', 'human'),
  ('accountant', 'human'),
  ('administrator', 'human'),
  ('billing_worker', 'service')
on conflict do nothing;
create or replace function member_roles_are_known() returns trigger
language plpgsql security definer set search_path from current as $function$
begin
  if exists (
    select from unnest(new.roles) held
      where not exists (select from member_role r where r.name = held and r.kind = new.kind)
  ) then
    raise exception 'a member of this kind cannot hold one of these roles'
      using errcode = 'check_violation', constraint = 'member_roles_are_known';
  end if;
  return new;
end
$function$;
create or replace trigger roles_are_known before insert or update of roles, kind on member
  for each row execute function member_roles_are_known();

-- Each tenant keeps an active holder of these roles, if it has one, whoever changes its members.
create or replace function members_keep_a_holder() returns trigger
language plpgsql set search_path from current as $function$
declare
  v_role text;
begin
  -- One after the other in a tenant: of two who leave at the same time, the second one sees it.
  perform pg_advisory_xact_lock(hashtextextended('holders ' || old.tenant_id, 0));
  foreach v_role in array array['administrator'] loop
    if v_role = any (old.roles) and not exists (
      select from member m where m.tenant_id = old.tenant_id and m.active and v_role = any (m.roles)
    ) then
      raise exception 'nobody else holds the role %', v_role
        using errcode = 'check_violation', constraint = 'last_holder';
    end if;
  end loop;
  return null;
end
$function$;
create or replace trigger keeps_a_holder after update of roles, active or delete on member
  for each row when (old.active and old.roles && array['administrator']) execute function members_keep_a_holder();

-- Audit events are kept 2555 days.
create or replace function audit_event_is_append_only() returns trigger
language plpgsql set search_path from current as $function$
begin
  if tg_op = 'DELETE' and old.occurred_at < now() - interval '2555 days' then
    return old;
  end if;
  raise exception 'audit events are append-only for 2555 days' using errcode = '55000';
end
$function$;
create or replace trigger append_only before update or delete on audit_event
  for each row execute function audit_event_is_append_only();
create or replace trigger never_truncated before truncate on audit_event
  for each statement execute function audit_event_is_append_only();
