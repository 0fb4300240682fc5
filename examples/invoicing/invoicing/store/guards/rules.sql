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
grant select, insert, update (spent, changed_at) on spending_ to invoicing_app;
grant select, insert, update (used, changed_at) on usage_ to invoicing_app;
grant select, insert on subscription to invoicing_app;
grant insert on subscription_change to invoicing_app;
grant select, insert on billing_request to invoicing_app;
grant insert on billing_event to invoicing_app;
grant select, insert, delete,
      update (url, events, description, active, former_valid_until, secret_version, former_secret_version, version,
              updated_at) on webhook_endpoint to invoicing_app;
grant select, insert, update (state, due_at, attempts, finished_at, version, updated_at)
  on webhook_delivery to invoicing_app;
grant insert on outbox_message to invoicing_app;
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

-- What the worker's role may do, which is bound to no tenant.
grant select on usage_ to invoicing_worker;
grant select, insert, update (state, due_at, attempts, last_error, finished_at, version, updated_at)
  on usage_closing to invoicing_worker;
grant select, insert,
      update (state, due_at, attempts, last_error, finished_at, version, updated_at, url, url_expires_at, reference,
              amount, currency) on billing_request to invoicing_worker;
grant select, insert on webhook_account to invoicing_worker;
grant insert on billing_event to invoicing_worker;
grant select on webhook_endpoint to invoicing_worker;
grant select, update (state, due_at, attempts, last_status, last_error, finished_at, version, updated_at)
  on webhook_delivery to invoicing_worker;
grant select, update (state, due_at, attempts, last_error, finished_at, version, updated_at)
  on outbox_message to invoicing_worker;

-- What pg_dump reads for a backup.
grant select on organization, member, member_role, api_key, invitation, sign_up, webhook_account, webhook_event,
                webhook_order, idempotency_key, spending_, usage_, usage_closing, subscription, subscription_change,
                billing_request, billing_event, webhook_endpoint, webhook_delivery, outbox_message, audit_event,
                customer, invoice, invoice_line, payment to invoicing_backup;

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

-- A page has few counters: PostgreSQL clears earlier values away from a whole page at a time.
alter table usage_ set (fillfactor = 25);

-- A counter of rows begins with those that are there, whoever of the members may see them. The table of a counter is
-- the one that gives its rows back.
create or replace function usage_counts_rows() returns trigger
language plpgsql security definer set search_path from current as $function$
declare
  v_table regclass;
begin
  select g.tgrelid into v_table
    from pg_catalog.pg_trigger g join pg_catalog.pg_class t on t.oid = g.tgrelid
    join pg_catalog.pg_class u on u.oid = tg_relid and u.relnamespace = t.relnamespace
    where g.tgname = 'usage_is_given_back' and g.tgargs = convert_to(new.meter, 'UTF8') || '\x00'::bytea;
  if v_table is not null then
    execute format('select count(*) from %s r where r.tenant_id = $1', v_table) into new.used using new.tenant_id;
  end if;
  return new;
end
$function$;
create or replace trigger counts_rows before insert on usage_
  for each row when (new.period = 'held') execute function usage_counts_rows();

-- Rows that are gone are given back, whoever deletes them.
create or replace function usage_is_given_back() returns trigger
language plpgsql set search_path from current as $function$
declare
  v_tenant uuid;
  v_rows bigint;
begin
  if to_regclass('usage_') is null then return null; end if;  -- the last quota is gone
  for v_tenant, v_rows in select g.tenant_id, count(*) from gone g group by g.tenant_id order by g.tenant_id loop
    update usage_ u set used = u.used - v_rows, changed_at = now()
      where u.tenant_id = v_tenant and u.meter = tg_argv[0] and u.period = 'held';
    if not found then
      -- Whoever makes the counter at the same time has not seen that these are gone.
      insert into usage_ as u (tenant_id, meter, period) values (v_tenant, tg_argv[0], 'held')
        on conflict (tenant_id, meter, period) do update set used = u.used - v_rows, changed_at = now();
    end if;
  end loop;
  return null;
end
$function$;
create or replace trigger usage_is_given_back after delete on customer
  referencing old table as gone for each statement execute function usage_is_given_back('customer');

-- Nothing is counted in a period that is closed.
create or replace function closed_is_final() returns trigger
language plpgsql set search_path from current as $function$
begin
  raise exception 'the counter is closed' using errcode = '55000';
end
$function$;
create or replace trigger closed_is_final after update on usage_
  for each row when (old.closed_at is not null) execute function closed_is_final();

-- Whoever says that a period is closed closes its counter, whose lock no transaction that counts in it has any more.
-- What it came to is what the counter says; where it is locked, or is not over, nothing is closed yet.
create or replace function usage_closes() returns trigger
language plpgsql security definer set search_path from current as $function$
declare
  v_bound text := set_config('app.tenant_id', new.tenant_id::text, true);
begin
  perform from usage_ u where u.tenant_id = new.tenant_id and u.meter = new.meter and u.period = new.period
      and u.closed_at is null and u.period <> 'held'
      and u.period < to_char(now() at time zone 'UTC',
                             case length(u.period) when 7 then 'YYYY-MM' else 'YYYY-MM-DD' end)
    for update skip locked;
  if not found then return null; end if;
  update usage_ u set closed_at = now()
    where u.tenant_id = new.tenant_id and u.meter = new.meter and u.period = new.period
    returning greatest(u.used, 0) into new.used;
  new.event := case new.meter
    when 'invoices_sent' then 'invoices_sent'
  end;
  if new.event is null or new.used = 0 then  -- nobody is told
    new.state := 'delivered';
    new.due_at := null;
    new.finished_at := now();
  end if;
  return new;
end
$function$;
create or replace trigger closes_usage before insert on usage_closing
  for each row when (new.state = 'waiting') execute function usage_closes();

-- What became of each subscription is remembered, whoever changes it, and nobody changes that.
create or replace function subscription_is_remembered() returns trigger
language plpgsql set search_path from current as $function$
begin
  insert into subscription_change (tenant_id, event_at, was, state, plan, because)
    values (coalesce(new.tenant_id, old.tenant_id), new.event_at, old.state, coalesce(new.state, 'none'), new.plan,
            new.because);
  return null;
end
$function$;
create or replace trigger is_remembered after insert or update or delete on subscription
  for each row execute function subscription_is_remembered();
create or replace function subscription_change_is_append_only() returns trigger
language plpgsql set search_path from current as $function$
begin
  raise exception 'what became of a subscription is append-only' using errcode = '55000';
end
$function$;
create or replace trigger append_only before update or delete on subscription_change
  for each row execute function subscription_change_is_append_only();
create or replace trigger never_truncated before truncate on subscription_change
  for each statement execute function subscription_change_is_append_only();

-- The subscription of a tenant follows from all that is recorded of it, sorted: whatever order it came in, and however
-- often, it ends alike. Nobody else but an operator changes one.
create or replace function billing_settles() returns trigger
language plpgsql security definer set search_path from current as $function$
declare
  v_bound text := set_config('app.tenant_id', new.tenant_id::text, true);
  s subscription;
  b billing_event;
  e billing_event;
  v_each jsonb := '{}';  -- the subscriptions by what the provider calls them; the base has no name
  v_one jsonb;
  v_key text;
  v_open text[] := '{}';  -- disputes
  v_closed text[] := '{}';
  v_lost boolean := false;
  v_at timestamptz;
  v_state text;
begin
  if new.kind = 'charge' then
    insert into webhook_account (provider, account, tenant_id) values ('stripe', new.subject, new.tenant_id)
      on conflict do nothing;
    return null;
  end if;
  if new.kind in ('completed', 'expired') then
    update billing_request r set ended_as = new.kind, url = null, version = r.version + 1, updated_at = now()
      where r.tenant_id = new.tenant_id and r.reference = new.subject and r.ended_as is null;
    return null;
  end if;
  -- One after the other in a tenant: the second one sees what the first one has recorded.
  perform pg_advisory_xact_lock(hashtextextended('subscription ' || new.tenant_id, 0));
  select t.* into s from subscription t where t.tenant_id = new.tenant_id;
  -- What is as of no moment of what is recorded is of somebody else: from then on it is the base.
  if found and not exists (
    select from billing_event t where t.tenant_id = s.tenant_id and t.occurred_at = s.event_at
  ) then
    insert into billing_event (tenant_id, event_id, kind, state, plan, ends_at, occurred_at)
      values (
        s.tenant_id, 'base ' || extract(epoch from s.event_at), 'base', s.state, s.plan, s.trial_ends_at,
        s.event_at);
  end if;
  select t.* into b from billing_event t where t.tenant_id = new.tenant_id and t.kind = 'base'
    order by t.occurred_at desc, t.event_id limit 1;
  if found then
    v_at := b.occurred_at;
    v_each := jsonb_build_object('', jsonb_build_object('state', b.state, 'plan', b.plan, 'trial', b.ends_at));
  end if;
  -- The provider says seconds.
  for e in select t.* from billing_event t
      where t.tenant_id = new.tenant_id and t.kind in ('state', 'failed', 'paid', 'disputed', 'won', 'lost')
        and (b.event_id is null or t.occurred_at >= date_trunc('second', b.occurred_at))
      order by t.occurred_at, t.rank, t.event_id loop
    v_at := greatest(v_at, e.occurred_at);
    v_key := case when e.kind = 'state' or v_each ? coalesce(e.subject, '') then coalesce(e.subject, '') else '' end;
    v_one := v_each -> v_key;
    v_state := v_one ->> 'state';
    case e.kind
      when 'state' then
        if v_one is null then v_lost := false; end if;
        v_state := e.state;
        -- Nobody tries twice: who has had a plan before, and does not pay for now, has it.
        if e.state = 'trialing' and coalesce(
            v_one ->> 'state', v_each -> '' ->> 'state', case when v_each = '{}' then '' else 'canceled' end
          ) not in ('', 'trialing') then
          v_state := 'active';
        end if;
        v_one := jsonb_build_object(
          'state', v_state, 'plan', coalesce(e.plan, v_one ->> 'plan', 'free'), 'trial', e.ends_at,
          'began', extract(epoch from e.began_at),
          'missed', case when v_one ->> 'state' = 'past_due' then v_one -> 'missed' else to_jsonb(e.occurred_at) end
        );
        v_each := v_each - '';
      when 'failed' then
        if v_state in ('active', 'trialing') then
          v_one := v_one || jsonb_build_object('state', 'past_due', 'missed', e.occurred_at);
        end if;
      when 'paid' then
        v_lost := false;
        if v_state in ('incomplete', 'past_due', 'unpaid') then
          v_one := v_one || jsonb_build_object('state', 'active');
        end if;
      when 'disputed' then
        v_open := array_append(v_open, e.subject);
      when 'won', 'lost' then
        v_open := array_remove(v_open, e.subject);
        -- Its first end is its end: what was heard and what was asked for later may both be there.
        v_lost := v_lost or (e.kind = 'lost' and e.subject <> all (v_closed));
        v_closed := array_append(v_closed, e.subject);
    end case;
    if v_one is not null then
      v_each := v_each || jsonb_build_object(v_key, v_one);
    end if;
  end loop;
  select t.value into v_one from jsonb_each(v_each) t
    order by t.value ->> 'state' = 'canceled', (t.value ->> 'began')::numeric desc nulls last, t.key desc limit 1;
  if not found then return null; end if;
  v_state := v_one ->> 'state';
  v_state := case
    when v_open <> '{}' and v_state in ('active', 'past_due', 'unpaid') then 'disputed'
    when v_lost and v_state in ('active', 'past_due', 'unpaid') then 'unpaid'
    else v_state
  end;
  insert into subscription as t (tenant_id, plan, state, trial_ends_at, past_due_at, event_at)
    values (new.tenant_id, v_one ->> 'plan', v_state, (v_one ->> 'trial')::timestamptz,
            case when v_state = 'past_due' then (v_one ->> 'missed')::timestamptz end, v_at)
    on conflict (tenant_id) do update
      set plan = excluded.plan, state = excluded.state, trial_ends_at = excluded.trial_ends_at,
          past_due_at = excluded.past_due_at, event_at = excluded.event_at, changed_at = now(),
          because = case when (t.plan, t.state) = (excluded.plan, excluded.state) then t.because end;
  -- Somebody pays twice: asking the provider names it.
  if new.kind = 'state' and new.event_id not like 'asked %'
    and (select count(*) from jsonb_each(v_each) t where t.key <> '' and t.value ->> 'state' <> 'canceled') > 1
  then
    insert into billing_request (tenant_id, kind) select new.tenant_id, 'refresh'
      where not exists (
        select from billing_request r where r.tenant_id = new.tenant_id and r.kind = 'refresh' and r.state = 'waiting');
  end if;
  return null;
end
$function$;
create or replace trigger billing_settles after insert on billing_event
  for each row when (new.kind <> 'base') execute function billing_settles();

-- Audit events are kept 2555 days.
create or replace function audit_event_is_append_only() returns trigger
language plpgsql set search_path from current as $function$
begin
  if tg_op = 'DELETE' and old.occurred_at < now() - interval '2555 days'
     and not exists (select from subscription s where s.tenant_id = old.tenant_id and s.state = 'disputed')
     and not exists (select from subscription_change c where c.tenant_id = old.tenant_id
         and c.was = 'disputed' and c.recorded_at > now() - interval '180 days') then
    return old;
  end if;
  raise exception 'audit events are append-only for 2555 days' using errcode = '55000';
end
$function$;
create or replace trigger append_only before update or delete on audit_event
  for each row execute function audit_event_is_append_only();
create or replace trigger never_truncated before truncate on audit_event
  for each statement execute function audit_event_is_append_only();
