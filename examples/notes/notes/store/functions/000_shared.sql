-- What every operation begins and ends with.

-- Who asks, once `enter_` has looked them up: their membership, the roles that this token is strong enough for, and
-- why they are refused, if they are.
do $$
begin
  create type caller_ as (tenant uuid, member uuid, roles text[], refusal text);
exception when duplicate_object then null;
end $$;

-- Binds this transaction to the tenant and to the caller, and says who that is, and why they are refused if they hold
-- none of the roles `p_allowed`.
create or replace function enter_(p_tenant uuid, p_caller jsonb, p_allowed text[])
  returns caller_ language plpgsql as $$
declare
  v_caller caller_;
  v_held text[];
  v_after timestamptz;
  v_refusal text;
  -- Assigned and not selected: a call without a statement of its own costs a tenth.
  v_bound text := set_config('app.tenant_id', p_tenant::text, true);
begin
  select m.id, m.roles, m.roles, m.tokens_valid_after
    into v_caller.member, v_caller.roles, v_held, v_after from member m
    where m.tenant_id = p_tenant and m.issuer = p_caller ->> 'issuer' and m.subject = p_caller ->> 'subject'
      and m.kind = p_caller ->> 'kind' and m.active;
  v_caller.tenant := p_tenant;
  if (v_caller.roles && p_allowed) is not true then
    v_caller.refusal := case when v_caller.member is null then 'not_a_member'
      else 'permission_missing' end;
  end if;
  if v_after is not null then
    -- By itself: what is not asked is not prepared either.
    if coalesce(to_timestamp((p_caller ->> 'issued_at')::bigint) <= v_after, true) then
      v_refusal := 'token_revoked';
    end if;
  end if;
  if v_refusal is not null then
    v_caller.roles := '{}';
    v_caller.refusal := v_refusal;
  end if;
  v_bound := set_config('app_9c1db7e5.member_id', v_caller.member::text, true);
  v_bound := set_config('app_9c1db7e5.roles', v_caller.roles::text, true);
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

-- Writes the audit event of an effect, which `p_said` names the fields of; ends well.
create or replace function record_(p_caller caller_, p_operation text, p_resource text, p_id uuid, p_version bigint,
  p_said jsonb, p_request text) returns text language plpgsql as $$
begin
  insert into audit_event (tenant_id, member_id, operation, resource, resource_id, resource_version, fields, request_id)
    values (p_caller.tenant, p_caller.member, p_operation, p_resource, p_id, p_version,
            to_jsonb(array(select jsonb_object_keys(p_said))), p_request);
  return 'ok';
end $$;
