-- The api keys, each with its JSON as text.
create or replace view api_key_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.member_id, r.name, r.operations, r.networks, r.lifetime,
  r.expires_at, r.issued_at, r.last_used_at, r.revoked_at, r.former_valid_until, r.digest, r.former_digest,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.member_id, r.name, r.operations, r.networks, r.lifetime,
           r.expires_at, r.issued_at, r.last_used_at, r.revoked_at, r.former_valid_until) json_) as json_
  from api_key r;

-- List api keys, newest first.
create or replace function list_api_keys(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select array_to_string((array_agg(p.body))[:p_limit], ','),
    case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
    case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
    select r.id, r.created_at as key, r.json_ as body
      from api_key_row_ r where r.tenant_id = p_tenant
        and r.member_id = v_caller.member
        and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
      order by r.created_at desc, r.id desc limit p_limit + 1) p;
  outcome := 'ok';
end $$;

-- Create an api key.
create or replace function create_api_key(p_tenant uuid, p_caller jsonb, p_body jsonb, p_digest text, p_request text,
  out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  insert into api_key_row_ as t (tenant_id, member_id, name, operations, networks, lifetime, digest, expires_at)
    values (p_tenant, v_caller.member, p_body ->> 'name', nullif(p_body -> 'operations', 'null'::jsonb),
            nullif(p_body -> 'networks', 'null'::jsonb), (p_body ->> 'lifetime')::bigint, p_digest,
            now() + make_interval(secs => (p_body ->> 'lifetime')::bigint))
    returning t.id, t.version, t.json_ into id, version, body;
  outcome := record_(v_caller, 'create_api_key', 'api_key', id, version, p_body, p_request);
end $$;

-- Read an api key.
create or replace function read_api_key(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from api_key_row_ r where r.tenant_id = p_tenant and r.id = p_id
      and r.member_id = v_caller.member;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Make a new secret for an API key, whose row is at one of the versions `p_match`.
create or replace function rotate_api_key(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_body jsonb,
  p_digest text, p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when (select k.revoked_at is not null from api_key_row_ k where k.tenant_id = p_tenant and k.id = p_id)
        then 'key_ended'
  end);
  if outcome is not null then return; end if;
  update api_key_row_ t set version = t.version + 1, updated_at = now(),
      digest = p_digest,
      issued_at = now(),
      lifetime = (p_body ->> 'lifetime')::bigint,
      expires_at = now() + make_interval(secs => (p_body ->> 'lifetime')::bigint),
      former_digest = case when not exists (
        select from member m where m.tenant_id = p_tenant and m.id = t.member_id
          and m.tokens_valid_after >= date_trunc('second', t.issued_at)
      ) then t.digest end,
      former_valid_until = least(
        t.expires_at, now() + make_interval(secs => coalesce((p_body ->> 'overlap')::bigint, 86400))
      )
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.member_id = v_caller.member
    returning t.version, case
      when t.member_id = v_caller.member then t.json_
      else json_build_object('id', t.id, 'version', t.version)::text
    end into version, body;
  if not found then outcome := missed_(v_caller, 'api_key_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'rotate_api_key', 'api_key', p_id, version,
                     '{"issued_at": null, "lifetime": null, "expires_at": null, "former_valid_until": null}',
                     p_request);
end $$;

-- Revoke an API key, whose row is at one of the versions `p_match`.
create or replace function revoke_api_key(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update api_key_row_ t set version = t.version + 1, updated_at = now(),
      revoked_at = coalesce(t.revoked_at, now())
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.member_id = v_caller.member
    returning t.version, case
      when t.member_id = v_caller.member then t.json_
      else json_build_object('id', t.id, 'version', t.version)::text
    end into version, body;
  if not found then outcome := missed_(v_caller, 'api_key_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'revoke_api_key', 'api_key', p_id, version, '{"revoked_at": null}', p_request);
end $$;
