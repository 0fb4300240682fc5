-- What every operation begins and ends with.

-- Who asks, once `enter_` has looked them up: their membership, the roles that this token is strong enough for, and
-- why they are refused, if they are.
do $$
begin
  create type caller_ as (tenant uuid, member uuid, roles text[], refusal text, user_regions text[], plan text);
exception when duplicate_object then null;
end $$;

-- Binds this transaction to the tenant and to the caller, and says who that is, and why they are refused if they hold
-- none of the roles `p_allowed`. Who shows an API key is found by it. `p_age` is how old the authentication may be, in
-- seconds. `p_feature` is the feature that their plan has to have.
create or replace function enter_(p_tenant uuid, p_caller jsonb, p_allowed text[], p_age integer default null,
  p_feature text default null) returns caller_ language plpgsql as $$
declare
  v_caller caller_;
  v_held text[];
  v_after timestamptz;
  v_refusal text;
  -- Assigned and not selected: a call without a statement of its own costs a tenth.
  v_bound text := set_config('app.tenant_id', p_tenant::text, true);
begin
  if p_caller ? 'key' then
    select f.member, f.roles, f.roles, f.refusal into v_caller.member, v_caller.roles, v_held, v_refusal
      from key_caller_(p_tenant, p_caller) f;
  else
    select m.id, m.roles, m.roles, m.tokens_valid_after
      into v_caller.member, v_caller.roles, v_held, v_after from member m
      where m.tenant_id = p_tenant and m.issuer = p_caller ->> 'issuer' and m.subject = p_caller ->> 'subject'
        and m.kind = p_caller ->> 'kind' and m.active;
  end if;
  v_caller.tenant := p_tenant;
  if p_caller ->> 'mfa' is distinct from 'phishing_resistant' then
    v_caller.roles := array(select r from unnest(v_caller.roles) r where r <> all (array['accountant',
                                                                                        'administrator']));
  end if;
  if (v_caller.roles && p_allowed) is not true then
    v_caller.refusal := case when v_caller.member is null then 'not_a_member'
      when v_held && p_allowed then 'mfa_required' else 'permission_missing' end;
  end if;
  if v_refusal is null and v_after is not null then
    -- By itself: what is not asked is not prepared either.
    if coalesce(to_timestamp((p_caller ->> 'issued_at')::bigint) <= v_after, true) then
      v_refusal := 'token_revoked';
    end if;
  end if;
  if v_refusal is not null then
    v_caller.roles := '{}';
    v_caller.refusal := v_refusal;
  end if;
  if v_caller.refusal is null and (p_feature is not null or p_caller ? 'plan') then
    v_caller.plan := plan_of_(p_tenant);
    if p_feature is not null then  -- by itself: what is not asked is not prepared either
      if p_feature <> all (case v_caller.plan when 'team' then array['sending'] else '{}' end) then
        v_caller.refusal := 'feature_not_in_plan';
      end if;
    end if;
  end if;
  if v_caller.refusal is null and p_age is not null then  -- by itself: what is not asked is not prepared either
    if coalesce((p_caller ->> 'auth_time')::bigint, 0) < extract(epoch from now()) - p_age then
      v_caller.refusal := 'step_up_required';
    end if;
  end if;
  v_bound := set_config('app_300fd8a0.member_id', v_caller.member::text, true);
  v_bound := set_config('app_300fd8a0.roles', v_caller.roles::text, true);
  if v_caller.roles && array['billing_worker'] then
    v_bound := set_config('app.environment', coalesce(p_caller ->> 'environment', ''), true);
  end if;
  if v_caller.roles && array['analyst'] then
    v_bound := set_config('app_300fd8a0.attributes', p_caller ->> 'attributes', true);
    v_caller.user_regions := array(select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'));
  end if;
  return v_caller;
end $$;

-- Why a conditional write touched no row. One that row-level security hides from the caller is not found.
create or replace function missed_(p_caller caller_, p_table text, p_id uuid, p_match bigint[])
  returns text language plpgsql as $$
declare
  v_version bigint;
begin
  execute format('select t.version from %I t where t.tenant_id = $1 and t.id = $2', p_table)
    into v_version using p_caller.tenant, p_id;
  return case
    when p_match is null then 'precondition_required'
    when v_version is null then 'not_found'
    when v_version = any (p_match) then 'condition_not_met'
    else 'precondition_failed'
  end;
end $$;

-- Undoes a write whose row is outside what the caller may write.
create or replace function outside_() returns text language plpgsql as $$
begin
  raise exception 'the row is outside what the caller may write' using errcode = 'SC403';
end $$;

-- The statement of a list: one for each shape of filters, so that each has the plan that it needs. It is put together
-- from constants; every value is a parameter.
create or replace function page_(p_view text, p_body text, p_where text, p_order text[], p_descending boolean,
  p_further boolean) returns text language plpgsql immutable as $$
declare
  v_direction text := case when p_descending then ' desc' else '' end;
  v_beyond text := case when p_descending then '<' else '>' end;
begin
  return format('select array_to_string((array_agg(p.body))[:$3], '',''), '
    'case when count(*) > $3 then (array_agg(p.key))[$3]::text end, '
    'case when count(*) > $3 then (array_agg(p.id))[$3] end from ('
    'select r.id, %1$s as key, %2$s as body from %3$s r where r.tenant_id = $1%4$s%5$s '
    'order by %1$s%6$s, r.id%6$s limit $3 + 1) p',
    p_order[1], p_body, p_view, p_where,
    case when p_further then format(' and (%s, r.id) %s ($4::%s, $5)', p_order[1], v_beyond, p_order[2]) end,
    v_direction);
end $$;

-- Applies a JSON merge patch (RFC 7396, section 2) to a stored object.
create or replace function merge_(p_target jsonb, p_patch jsonb) returns jsonb language sql immutable as $$
select case
  when jsonb_typeof(p_patch) <> 'object' then p_patch
  else coalesce((
    select jsonb_object_agg(key, case when p.value is null then t.value else merge_(t.value, p.value) end)
      from jsonb_each(case when jsonb_typeof(p_target) = 'object' then p_target end) t
      full join jsonb_each(p_patch) p using (key)
      where p.value is distinct from 'null'
  ), '{}')
end $$;

-- The member whose API key a caller shows, their roles, and why the key is refused. Its use is noted once a minute.
create or replace function key_caller_(p_tenant uuid, p_caller jsonb, out member uuid, out roles text[],
  out refusal text) language plpgsql as $$
declare
  v_key uuid := (p_caller ->> 'key')::uuid;
  v_used timestamptz;
  v_bound text;
begin
  select m.id, m.roles, k.last_used_at, case
      when k.revoked_at is not null then 'key_revoked'
      when k.expires_at <= now() then 'key_expired'
      when m.tokens_valid_after >= date_trunc('second', k.issued_at) then 'token_revoked'
      when k.networks is not null and not coalesce((
        select bool_or((p_caller ->> 'address')::inet <<= n::inet) from jsonb_array_elements_text(k.networks) n
      ), false) then 'key_elsewhere'
      when (k.operations ? (p_caller ->> 'permission')) is not true then 'key_scope_missing'
    end
    into member, roles, v_used, refusal
    from api_key k left join member m on m.tenant_id = k.tenant_id and m.id = k.member_id and m.active
    where k.tenant_id = p_tenant and k.id = v_key and (k.digest = p_caller ->> 'digest'
      or (k.former_digest = p_caller ->> 'digest' and k.former_valid_until > now()));
  if not found then
    refusal := 'key_unknown';
  elsif refusal is null and member is not null and coalesce(v_used < now() - interval '1 minute', true) then
    v_bound := set_config('app.api_key_id', v_key::text, true);
    -- Of those who use it at once, one writes and nobody waits.
    update api_key k set last_used_at = now() where k.tenant_id = p_tenant and k.id = (
      select u.id from api_key u where u.tenant_id = p_tenant and u.id = v_key for update skip locked);
  end if;
end $$;

-- The roles that are in one of two lists alone: what a member is given, and what is taken from them.
create or replace function role_changes_(p_before text[], p_after text[]) returns text[] language sql immutable as $$
select array(
  select r from unnest(p_before || p_after) r where (r = any (p_before)) <> (r = any (p_after))
) $$;

-- Whether an event is newer than those before on its row, and the version of that; `not_found` where there is none.
create or replace function webhook_row_(p_tenant uuid, p_provider text, p_event jsonb, out outcome text,
  out version bigint) language plpgsql as $$
begin
  if p_event ->> 'occurred_at' is not null then
    insert into webhook_order as t (tenant_id, provider, resource, resource_id, occurred_at)
      values (p_tenant, p_provider, p_event ->> 'resource', (p_event ->> 'row')::uuid,
              to_timestamp((p_event ->> 'occurred_at')::double precision))
    on conflict (tenant_id, provider, resource, resource_id) do update set occurred_at = excluded.occurred_at
      where t.occurred_at <= excluded.occurred_at;
    if not found then outcome := 'stale'; return; end if;
  end if;
  execute format('select t.version from %I t where t.tenant_id = $1 and t.id = $2', p_event ->> 'resource')
    into version using p_tenant, (p_event ->> 'row')::uuid;
  if version is null then outcome := 'not_found'; end if;
end $$;

-- Records what a hook has decided about the event under way, and lets its effect begin: on the row that it names,
-- unless a newer event had one there.
create or replace function webhook_decided_(p_tenant uuid, p_provider text, p_event jsonb, out outcome text,
  out version bigint) language plpgsql set search_path from current as $$
begin
  outcome := p_event ->> 'outcome';
  if p_event ? 'row' then
    select r.outcome, r.version into outcome, version from webhook_row_(p_tenant, p_provider, p_event) r;
    if outcome = 'not_found' then return; end if;
  end if;
  update webhook_event t set outcome = decided.outcome
    from (select webhook_decided_.outcome) decided
    where t.provider = p_provider and t.event_id = p_event ->> 'id' and decided.outcome is not null;
  outcome := coalesce(outcome, 'ok');
end $$;

-- Records a verified event, and lets its effect begin in this transaction unless there is to be none: then the outcome
-- says why.
create or replace function webhook_begin_(p_provider text, p_caller jsonb, p_event jsonb, out outcome text,
  out roles text[], out tenant uuid, out version bigint) language plpgsql set search_path from current as $$
declare
  v_caller caller_;
  v_event text := p_event ->> 'id';
  v_account text := p_event ->> 'account';
  v_occurred timestamptz := to_timestamp((p_event ->> 'occurred_at')::double precision);
  v_bound text := set_config('app.webhook', p_provider, true);
  e webhook_event;
begin
  v_bound := set_config('app.webhook_event', v_event, true);
  v_bound := set_config('app.webhook_account', coalesce(v_account, ''), true);
  -- Held until the transaction ends: of two deliveries at once, one is told that the other is under way.
  if not pg_try_advisory_xact_lock(hashtextextended(concat_ws(' ', 'webhook', p_provider, v_event), 0)) then
    outcome := 'webhook_in_flight'; return;
  end if;
  select t.* into e from webhook_event t where t.provider = p_provider and t.event_id = v_event;
  outcome := case
    when e.digest <> p_event ->> 'digest' then 'webhook_reused'
    when e.outcome in ('done', 'stale') then 'replayed'
  end;
  if outcome is not null then return; end if;
  select a.tenant_id into tenant from webhook_account a where a.provider = p_provider and a.account = v_account;
  outcome := case when p_event ? 'outcome' then p_event ->> 'outcome' when tenant is null then 'unmapped' end;
  if outcome is null then
    if p_event ->> 'role' = '' then  -- it acts as nobody, for a tenant that may be suspended
      v_bound := set_config('app.tenant_id', tenant::text, true);
      roles := '{}';
    else
      v_caller := enter_(tenant, p_caller, array[p_event ->> 'role']);
      roles := v_caller.roles;
      outcome := v_caller.refusal;
      if outcome is not null then return; end if;
    end if;
    if p_event ? 'row' then
      select r.outcome, r.version into outcome, version from webhook_row_(tenant, p_provider, p_event) r;
      if outcome = 'not_found' then return; end if;
    end if;
  end if;
  insert into webhook_event (provider, event_id, type, mode, account, tenant_id, occurred_at, outcome, digest)
    values (p_provider, v_event, p_event ->> 'type', p_event ->> 'mode', v_account, tenant, v_occurred,
            coalesce(outcome, 'done'), p_event ->> 'digest')
  on conflict (provider, event_id) do update
    set (type, mode, account, tenant_id, occurred_at, outcome) =
      (excluded.type, excluded.mode, excluded.account, excluded.tenant_id, excluded.occurred_at,
       excluded.outcome);
  outcome := coalesce(outcome, 'ok');
end $$;

-- Looks an idempotency key up. The advisory lock is held until the transaction ends, so that a second request with the
-- same key is told that the first is in flight.
create or replace function claim_(p_caller caller_, p_operation text, p_key text, p_fingerprint text, out outcome text,
  out id uuid, out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_scope text := concat_ws(' ', p_caller.tenant, p_caller.member, p_operation, p_key);
  v_fingerprint text;
begin
  if not pg_try_advisory_xact_lock(hashtextextended(v_scope, 0)) then
    outcome := 'idempotency_in_flight'; return;
  end if;
  select k.fingerprint, k.resource_id, k.version, k.body into v_fingerprint, id, version, body
    from idempotency_key k
    where k.tenant_id = p_caller.tenant and k.member_id = p_caller.member and k.operation = p_operation
      and k.key = p_key and k.expires_at > now();
  outcome := case when v_fingerprint = p_fingerprint then 'replayed' when found then 'idempotency_mismatch' end;
end $$;

-- Stores the answer of a request with an idempotency key, in the transaction of its effect.
create or replace function remember_(p_caller caller_, p_operation text, p_key text, p_fingerprint text, p_id uuid,
  p_version bigint, p_body text) returns void language plpgsql set search_path from current as $$
begin
  insert into idempotency_key (tenant_id, member_id, operation, key, fingerprint, resource_id, version, body)
    values (p_caller.tenant, p_caller.member, p_operation, p_key, p_fingerprint, p_id, p_version, p_body)
  on conflict (tenant_id, member_id, operation, key) do update
    set (fingerprint, resource_id, version, body, created_at, expires_at) =
      (excluded.fingerprint, excluded.resource_id, excluded.version, excluded.body, now(), excluded.expires_at);
end $$;

-- The part of a stored answer that its caller may see now: the members that are always shown, and those that the
-- answer `p_view` has, as they were.
create or replace function shown_(p_body text, p_always text[], p_view text) returns text language sql immutable as $$
select case when bool_and(e.known) then p_body else
    concat('{', string_agg(to_json(e.key) || ':' || e.value, ',' order by e.number) filter (where e.known), '}') end
  from (select key, value, number, key = any (p_always) or coalesce(p_view::jsonb ? key, false) as known
    from json_each(p_body::json) with ordinality as member (key, value, number)) e $$;

-- Asks whether a caller may spend `p_amount` of a cap, and locks what they have spent; where it is `p_counted`, adds
-- it up. Where they may not, it is what the refusal tells.
create or replace function spend_(p_caller caller_, p_cap text, p_amount numeric, p_counted boolean)
  returns text language plpgsql as $$
declare
  v_period text := to_char(now() at time zone 'UTC', 'YYYY-MM');
  v_role text;
  v_each numeric;
  v_member numeric;
  v_tenant numeric;
  v_most numeric;
  v_spenders text[];
  v_spender text;
  v_spent numeric;
  v_resets_at timestamptz := (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC';
  v_amount numeric := coalesce(p_amount, 0);
begin
  -- Of several roles of a caller the widest cap counts.
  select l.role, l.each, l.member, l.tenant into v_role, v_each, v_member, v_tenant
    from (values ('refunds', 'accountant', 0, 500000::numeric, 2000000::numeric, 10000000::numeric))
      l (cap, role, place, each, member, tenant)
    where l.cap = p_cap and l.role = any (p_caller.roles) order by l.place limit 1;
  if not found then v_each := 0; end if;  -- another release has let them in
  if v_amount > v_each then
    return json_build_object('cap', p_cap, 'limit', v_each, 'resets_at', null);
  end if;
  v_spenders := array['member ' || p_caller.member];
  if v_tenant is not null then v_spenders := v_spenders || ('role ' || v_role); end if;
  insert into spending_ (tenant_id, cap, period, spender)
    select p_caller.tenant, p_cap, v_period, s.spender from unnest(v_spenders) s (spender)
      where not exists (
        select from spending_ t where t.tenant_id = p_caller.tenant and t.cap = p_cap and t.period = v_period
          and t.spender = s.spender)
      order by s.spender
    on conflict do nothing;
  for v_spender, v_spent in select t.spender, t.spent from spending_ t
      where t.tenant_id = p_caller.tenant and t.cap = p_cap and t.period = v_period
        and t.spender = any (v_spenders)
      order by t.spender for update loop
    v_most := case when v_spender ^@ 'member ' then v_member else v_tenant end;
    if v_spent + v_amount > v_most then
      return json_build_object('cap', p_cap, 'limit', v_most, 'resets_at', v_resets_at);
    end if;
  end loop;
  if p_counted then
    update spending_ t set spent = t.spent + v_amount, changed_at = now()
      where t.tenant_id = p_caller.tenant and t.cap = p_cap and t.period = v_period
        and t.spender = any (v_spenders);
  end if;
  return null;
end $$;

-- Counts `p_amount` in a counter of which everybody has `p_least`, and some have more; null is without a limit. Where
-- there is not enough left, it is what the refusal tells.
create or replace function take_(p_tenant uuid, p_meter text, p_amount bigint, p_least bigint)
  returns text language plpgsql as $$
declare
  v_period text := case when p_meter = 'customer' then 'held' else to_char(now() at time zone 'UTC', 'YYYY-MM') end;
begin
  for v_attempt in 1..3 loop
    update usage_ u set used = u.used + p_amount, changed_at = now()
      where u.tenant_id = p_tenant and u.meter = p_meter and u.period = v_period
        -- The plan is looked up where not every plan has enough.
        and (p_least is null or u.used + p_amount <= p_least
             or coalesce(u.used + p_amount <= allowance_(p_tenant, p_meter), true))
        and u.closed_at is null;
    if found then return null; end if;
    -- A transaction that began before the end of a period which is closed counts in the one that is now.
    perform from usage_ u where u.tenant_id = p_tenant and u.meter = p_meter and u.period = v_period
      and u.closed_at is not null;
    if found then
      v_period := case
        when p_meter = 'customer' then 'held'
        else to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM')
      end;
    end if;
    -- The first in a period makes the counter.
    insert into usage_ (tenant_id, meter, period) select p_tenant, p_meter, v_period
      where not exists (select from usage_ u
                          where u.tenant_id = p_tenant and u.meter = p_meter and u.period = v_period)
      on conflict do nothing;
  end loop;
  if p_least is not null then p_least := allowance_(p_tenant, p_meter); end if;
  if p_least is null then
    raise exception 'a use was not counted' using errcode = '40001';
  end if;
  return json_build_object('meter', p_meter, 'limit', p_least, 'resets_at', case
      when p_meter = 'customer' then null
      else (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC'
    end);
end $$;

-- Locks counters that a transaction may come to need, in the order of their names.
create or replace function lock_usage_(p_tenant uuid, p_meters text[]) returns void language plpgsql as $$
begin
  perform from usage_ u where u.tenant_id = p_tenant and u.meter = any (p_meters)
      and u.period in ('held', to_char(now() at time zone 'UTC', 'YYYY-MM'),
                       to_char(now() at time zone 'UTC', 'YYYY-MM-DD'))
    order by u.meter, u.period for update;
end $$;

-- The plan that counts for a tenant at this moment.
create or replace function plan_of_(p_tenant uuid) returns text language plpgsql stable as $$
declare
  s record;
begin
  select r.plan, r.state, r.past_due_at, r.trial_ends_at into s from subscription r where r.tenant_id = p_tenant;
  if s.plan in ('free', 'team') then
    -- Each by itself: what is not asked is not prepared either.
    if s.state = 'active' then return s.plan; end if;
    if s.state = 'past_due' and s.past_due_at + interval '604800 s' > now() then return s.plan; end if;
    if s.state = 'trialing' and s.trial_ends_at > now() then return s.plan; end if;
  end if;
  return 'free';
end $$;

-- How much a plan has of what a quota counts; null is without a limit.
create or replace function most_(p_plan text, p_meter text) returns bigint language sql immutable as $$
select case p_meter
  when 'customer' then case p_plan when 'free' then 50 when 'team' then null else 0 end
  when 'invoice' then case p_plan when 'free' then 25 when 'team' then 2000 else 0 end
  else 0
end $$;

-- How much the plan of a tenant has of what a quota counts; null is without a limit.
create or replace function allowance_(p_tenant uuid, p_meter text) returns bigint language plpgsql stable as $$
declare
  v_plan text := plan_of_(p_tenant);
begin
  return most_(v_plan, p_meter);
end $$;

-- Makes the counters of rows that a tenant does not have yet: nobody sees all rows that they count.
create or replace function count_rows_(p_tenant uuid) returns void language plpgsql as $$
begin
  insert into usage_ (tenant_id, meter, period) select p_tenant, m.meter, 'held'
    from unnest(array['customer']) m (meter)
    where not exists (select from usage_ u
                        where u.tenant_id = p_tenant and u.meter = m.meter and u.period = 'held')
    on conflict do nothing;
end $$;

-- Begins the trial of a new tenant.
create or replace function start_trial_(p_tenant uuid) returns void language plpgsql as $$
begin
  insert into subscription (tenant_id, plan, state, trial_ends_at)
    values (p_tenant, 'team', 'trialing', now() + interval '14 days');
end $$;

-- Brings the subscription of a tenant to a state and a plan, as something says that happened at `p_at`. Refused are
-- what happened before the last that is known, and what no transition allows.
create or replace function subscribe_(p_tenant uuid, p_state text, p_plan text, p_at timestamptz,
  p_trial_ends_at timestamptz default null, p_because text default null)
  returns text language plpgsql set search_path from current as $$
declare
  v_state text;
  v_last timestamptz;
begin
  if p_plan not in ('free', 'team') then return 'plan_unknown'; end if;
  -- The first change has no row to lock.
  perform pg_advisory_xact_lock(hashtextextended('subscription ' || p_tenant, 0));
  select s.state, s.event_at into v_state, v_last from subscription s where s.tenant_id = p_tenant;
  if p_at < v_last then return 'stale'; end if;
  if p_state is distinct from v_state and not exists (select from (values ('', 'trialing'), ('', 'active'),
        ('', 'incomplete'), ('trialing', 'active'), ('trialing', 'incomplete'), ('trialing', 'past_due'),
        ('trialing', 'paused'), ('trialing', 'canceled'), ('incomplete', 'active'), ('incomplete', 'canceled'),
        ('active', 'past_due'), ('active', 'paused'), ('active', 'canceled'), ('active', 'disputed'),
        ('past_due', 'active'), ('past_due', 'unpaid'), ('past_due', 'canceled'), ('past_due', 'disputed'),
        ('unpaid', 'active'), ('unpaid', 'canceled'), ('unpaid', 'disputed'), ('paused', 'active'),
        ('paused', 'past_due'), ('paused', 'canceled'), ('disputed', 'active'), ('disputed', 'unpaid'),
        ('disputed', 'canceled'), ('canceled', 'active'), ('canceled', 'incomplete')) t (source, target)
      where t.source = coalesce(v_state, '') and t.target = p_state) then
    return 'transition_not_allowed';
  end if;
  insert into subscription as s (tenant_id, plan, state, trial_ends_at, past_due_at, because, event_at)
    values (p_tenant, p_plan, p_state, p_trial_ends_at, case when p_state = 'past_due' then p_at end, p_because, p_at)
    on conflict (tenant_id) do update
      set plan = excluded.plan, state = excluded.state, trial_ends_at = excluded.trial_ends_at,
          -- A payment that is missed again is missed since the first time.
          past_due_at = case when s.state = excluded.state then s.past_due_at else excluded.past_due_at end,
          because = excluded.because, event_at = excluded.event_at, changed_at = now();
  return 'ok';
end $$;

-- Records what an event of the provider says, once; the subscription follows by a trigger.
create or replace function billing_hear_(p_tenant uuid, p_event jsonb, out outcome text)
  language plpgsql set search_path from current as $$
begin
  insert into billing_event
    (tenant_id, event_id, type, kind, subject, state, plan, began_at, ends_at, occurred_at, rank)
    select p_tenant, r.event_id, r.type, r.kind, r.subject, r.state, r.plan, r.began_at, r.ends_at,
        r.occurred_at, r.rank
      from jsonb_populate_record(null::billing_event, p_event) r
    on conflict do nothing;
  outcome := 'ok';
end $$;

-- The price of a plan at the provider: the catalogue is the service's own.
create or replace function billing_price_(p_plan text) returns text language plpgsql immutable as $$
begin
  return case p_plan
    when 'team' then 'price_team'
  end;
end $$;

-- Writes a message for each active endpoint of the tenant that hears of the event.
create or replace function invoice_publish_(p_tenant uuid, p_event text, p_id uuid, p_version bigint)
  returns void language plpgsql as $$
declare
  v_endpoints uuid[] := array(
    select e.id from webhook_endpoint e
      where e.tenant_id = p_tenant and e.active and e.events ? ('invoice.' || p_event)
  );
begin
  -- Most tenants hear of nothing: an insert opens each index of its table, also for no row.
  if v_endpoints = '{}' then return; end if;
  insert into webhook_delivery (tenant_id, endpoint_id, event, resource, resource_id, resource_version, payload)
    select p_tenant, e.id, 'invoice.' || p_event, 'invoice', p_id, p_version, case p_event
        when 'changed' then (
          select row_to_json(told_)::text from (
            select t.status
              from invoice_row_ t where t.tenant_id = p_tenant and t.id = p_id
          ) told_
        )
        when 'sent' then (
          select row_to_json(told_)::text from (
            select t.number, t.status, t.total, t.issued_on
              from invoice_row_ t where t.tenant_id = p_tenant and t.id = p_id
          ) told_
        )
        else '{}'
      end
      from unnest(v_endpoints) as e(id);
end $$;

-- Writes the message that calls the hook `p_hook` once the transaction is committed.
create or replace function defer_(p_caller caller_, p_hook text, p_id uuid, p_version bigint, p_input text)
  returns void language plpgsql as $$
begin
  insert into outbox_message (tenant_id, hook, member_id, resource_id, resource_version, payload)
    values (p_caller.tenant, p_hook, p_caller.member, p_id, p_version, p_input);
end $$;

-- Writes the audit event of an effect, which `p_said` names the fields of; ends well.
create or replace function record_(p_caller caller_, p_operation text, p_resource text, p_id uuid, p_version bigint,
  p_said jsonb, p_request text) returns text language plpgsql as $$
begin
  insert into audit_event (tenant_id, member_id, operation, resource, resource_id, resource_version, fields, request_id)
    values (p_caller.tenant, p_caller.member, p_operation, p_resource, p_id, p_version,
            to_jsonb(array(select jsonb_object_keys(p_said))), p_request);
  return 'ok';
end $$;
