-- What every operation begins with.

-- Binds this transaction to the tenant and to the caller, and says which roles the caller holds.
-- `held` are the roles of the membership, `roles` those that this token is strong enough for.
create or replace function invoicing.enter_963651a9(
  p_tenant uuid, p_caller jsonb, out member uuid, out held text[], out roles text[]
) language plpgsql as $function$
begin
  perform set_config('app.tenant_id', p_tenant::text, true);
  select m.id, m.roles, m.roles into member, held, roles
    from invoicing.member m
   where m.tenant_id = p_tenant
     and m.issuer = p_caller ->> 'issuer'
     and m.subject = p_caller ->> 'subject'
     and m.kind = p_caller ->> 'kind'
     and m.active;
  held := coalesce(held, '{}');
  roles := held;
  if p_caller ->> 'mfa' is distinct from 'phishing_resistant' then
    roles := array(select r from unnest(roles) r where r <> all (array['accountant']));
  end if;
  perform set_config('app.member_id', coalesce(member::text, ''), true),
    set_config('app.roles', roles::text, true),
    set_config('app.attributes', (p_caller -> 'attributes')::text, true);
end
$function$;

-- The reason code of a refusal: what the caller lacks.
create or replace function invoicing.refusal_0cf065af(p_member uuid, p_held text[], p_allowed text[])
returns text language sql immutable as $function$
  select case
    when p_member is null then 'not_a_member'
    when p_held && p_allowed then 'mfa_required'
    else 'permission_missing'
  end
$function$;

-- Looks an idempotency key up. The advisory lock is held until the transaction ends, so that a
-- second request with the same key is told that the first is in flight.
create or replace function invoicing.claim_fc330160(
  p_tenant uuid, p_member uuid, p_operation text, p_key text, p_fingerprint text,
  out state text, out resource_id uuid, out version bigint, out body text
) language plpgsql as $function$
declare
  v_fingerprint text;
begin
  if not pg_try_advisory_xact_lock(
    hashtextextended(concat_ws(' ', p_tenant, p_member, p_operation, p_key), 0)
  ) then
    state := 'idempotency_in_flight';
    return;
  end if;
  select k.fingerprint, k.resource_id, k.version, k.body
    into v_fingerprint, resource_id, version, body
    from invoicing.idempotency_key k
   where k.tenant_id = p_tenant and k.member_id = p_member
     and k.operation = p_operation and k.key = p_key and k.expires_at > now();
  if found then
    state := case when v_fingerprint = p_fingerprint then 'replayed' else 'idempotency_mismatch' end;
  end if;
end
$function$;

-- Stores the answer of a request with an idempotency key, in the transaction of its effect.
create or replace function invoicing.remember_228da003(
  p_tenant uuid, p_member uuid, p_operation text, p_key text, p_fingerprint text,
  p_resource_id uuid, p_version bigint, p_body text
) returns void language sql as $function$
  insert into invoicing.idempotency_key as k
    (tenant_id, member_id, operation, key, fingerprint, resource_id, version, body)
  values
    (p_tenant, p_member, p_operation, p_key, p_fingerprint, p_resource_id, p_version, p_body)
  on conflict (tenant_id, member_id, operation, key) do update
    set fingerprint = excluded.fingerprint, resource_id = excluded.resource_id,
        version = excluded.version, body = excluded.body,
        created_at = now(), expires_at = excluded.expires_at
$function$;

-- Applies a JSON merge patch (RFC 7396, section 2) to a stored object.
create or replace function invoicing.merge_a67b2e47(p_target jsonb, p_patch jsonb)
returns jsonb language plpgsql immutable as $function$
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
      v_result := jsonb_set(
        v_result, array[v_key], invoicing.merge_a67b2e47(v_result -> v_key, v_value)
      );
    end if;
  end loop;
  return v_result;
end
$function$;

