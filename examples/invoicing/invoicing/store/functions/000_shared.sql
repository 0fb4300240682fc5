-- What every operation begins and ends with.

-- A caller, once `enter_` has looked them up.
do $types$
begin
  create type caller_ as (tenant uuid, member uuid, held text[], roles text[], attributes jsonb);
exception when duplicate_object then
  null;
end
$types$;

-- Binds this transaction to the tenant and to the caller, and says who that is: `held` are the
-- roles of the membership, `roles` those that this token is strong enough for.
create or replace function enter_(p_tenant uuid, p_caller jsonb)
returns caller_ language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_;
  v_bound text;
begin
  -- Assigned and not selected: a call without a statement of its own costs a tenth.
  v_bound := set_config('app.tenant_id', p_tenant::text, true);
  select m.id, m.roles into v_caller.member, v_caller.held
    from member m
    where m.tenant_id = p_tenant
      and m.issuer = p_caller ->> 'issuer'
      and m.subject = p_caller ->> 'subject'
      and m.kind = p_caller ->> 'kind'
      and m.active;
  v_caller.tenant := p_tenant;
  v_caller.held := coalesce(v_caller.held, '{}');
  v_caller.roles := v_caller.held;
  v_caller.attributes := p_caller -> 'attributes';
  if p_caller ->> 'mfa' is distinct from 'phishing_resistant' then
    v_caller.roles := array(
      select r from unnest(v_caller.roles) r where r <> all (array['accountant'])
    );
  end if;
  v_bound := set_config('app.member_id', coalesce(v_caller.member::text, ''), true);
  v_bound := set_config('app.roles', v_caller.roles::text, true);
  v_bound := set_config('app.attributes', v_caller.attributes::text, true);
  return v_caller;
end
$function$;

-- The reason code of a refusal: what the caller lacks.
create or replace function refusal_(p_caller caller_, p_allowed text[])
returns text language plpgsql immutable set search_path from current as $function$
#variable_conflict use_variable
begin
  return case
    when p_caller.member is null then 'not_a_member'
    when p_caller.held && p_allowed then 'mfa_required'
    else 'permission_missing'
  end;
end
$function$;

-- Writes the audit event of an effect, which `p_said` names the fields of; ends well.
create or replace function record_(
  p_caller caller_, p_operation text, p_resource text, p_id uuid, p_version bigint, p_said jsonb, p_request text
) returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
begin
  insert into audit_event
    (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (
    p_caller.tenant, p_caller.member, p_operation, p_resource, p_id, p_version,
    array(select jsonb_object_keys(p_said)), p_request
  );
  return 'ok';
end
$function$;

-- Looks an idempotency key up. The advisory lock is held until the transaction ends, so that a
-- second request with the same key is told that the first is in flight.
create or replace function claim_(
  p_caller caller_, p_operation text, p_key text, p_fingerprint text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_fingerprint text;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', p_caller.tenant, p_caller.member, p_operation, p_key), 0)
  ) then
    outcome := 'idempotency_in_flight';
    return;
  end if;
  select k.fingerprint, k.resource_id, k.version, k.body into v_fingerprint, id, version, body
    from idempotency_key k
    where k.tenant_id = p_caller.tenant
      and k.member_id = p_caller.member
      and k.operation = p_operation
      and k.key = p_key
      and k.expires_at > now();
  if found then
    outcome := case when v_fingerprint = p_fingerprint then 'replayed' else 'idempotency_mismatch' end;
  end if;
end
$function$;

-- Stores the answer of a request with an idempotency key, in the transaction of its effect.
create or replace function remember_(
  p_caller caller_, p_operation text, p_key text, p_fingerprint text, p_id uuid, p_version bigint, p_body text
) returns void language plpgsql set search_path from current as $function$
#variable_conflict use_variable
begin
  insert into idempotency_key as k
    (tenant_id, member_id, operation, key, fingerprint, resource_id, version, body)
  values
    (p_caller.tenant, p_caller.member, p_operation, p_key, p_fingerprint, p_id, p_version, p_body)
  on conflict (tenant_id, member_id, operation, key) do update
    set fingerprint = excluded.fingerprint,
      resource_id = excluded.resource_id,
      version = excluded.version,
      body = excluded.body,
      created_at = now(),
      expires_at = excluded.expires_at;
end
$function$;

-- The statement of a list. What it is put together from are constants of the functions that ask;
-- every value is a parameter.
create or replace function page_(
  p_view text, p_body text, p_where text, p_key text, p_type text, p_descending boolean, p_further boolean
) returns text language plpgsql immutable set search_path from current as $function$
#variable_conflict use_variable
declare
  v_direction text := case when p_descending then ' desc' else '' end;
  v_beyond text := case when p_descending then '<' else '>' end;
begin
  return format('select array_agg(p.body), array_agg(p.key), array_agg(p.id) from ('
    'select r.id, %1$s::text as key, %2$s as body from %3$s r where r.tenant_id = $1 and %4$s%5$s '
    'order by %1$s%6$s, r.id%6$s limit $4 + 1) p',
    p_key, p_body, p_view, p_where,
    case when p_further then format(' and (%s, r.id) %s ($5::%s, $6)', p_key, v_beyond, p_type) end,
    v_direction);
end
$function$;

-- Applies a JSON merge patch (RFC 7396, section 2) to a stored object.
create or replace function merge_(p_target jsonb, p_patch jsonb)
returns jsonb language plpgsql immutable set search_path from current as $function$
#variable_conflict use_variable
declare
  v_result jsonb := case when jsonb_typeof(p_target) = 'object' then p_target else '{}' end;
  v_key text;
  v_value jsonb;
begin
  if jsonb_typeof(p_patch) <> 'object' then
    return p_patch;
  end if;
  for v_key, v_value in select each.key, each.value from jsonb_each(p_patch) each loop
    if v_value = 'null' then
      v_result := v_result - v_key;
    else
      v_result := jsonb_set(v_result, array[v_key], merge_(v_result -> v_key, v_value));
    end if;
  end loop;
  return v_result;
end
$function$;
