-- The webhook endpoints, each with its JSON as text.
create or replace view webhook_endpoint_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.url, r.events, r.description, r.active,
  r.former_valid_until, r.secret_version, r.former_secret_version,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.url, r.events, r.description, r.active,
           r.former_valid_until) json_) as json_
  from webhook_endpoint r;

-- List webhook endpoints, newest first where `p_sort` is null.
create or replace function list_webhook_endpoints(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text,
  p_after text, p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, r.json_ as body
        from webhook_endpoint_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('webhook_endpoint_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'active' then $q$ and r.active = ($6 ->> 'active')::boolean$q$ end),
      array['r.created_at', 'timestamptz'],
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Create a webhook endpoint.
create or replace function create_webhook_endpoint(p_tenant uuid, p_caller jsonb, p_body jsonb, p_request text,
  out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when (select count(*) >= 20 from webhook_endpoint e where e.tenant_id = p_tenant) then 'endpoints_enough'
  end);
  if outcome is not null then return; end if;
  insert into webhook_endpoint_row_ as t (tenant_id, url, events, description, active)
    values (p_tenant, p_body ->> 'url', nullif(p_body -> 'events', 'null'::jsonb), p_body ->> 'description',
            coalesce((p_body ->> 'active')::boolean, true))
    returning t.id, t.version, t.json_ into id, version, body;
  outcome := record_(v_caller, 'create_webhook_endpoint', 'webhook_endpoint', id, version, p_body, p_request);
end $$;

-- Read a webhook endpoint.
create or replace function read_webhook_endpoint(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body
    from webhook_endpoint_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change a webhook endpoint that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_webhook_endpoint(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_patch jsonb, p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update webhook_endpoint_row_ t set version = t.version + 1, updated_at = now(),
      url = case when p_patch ? 'url' then p_patch ->> 'url' else t.url end,
      events = case when p_patch ? 'events' then nullif(p_patch -> 'events', 'null'::jsonb) else t.events end,
      description = case when p_patch ? 'description' then p_patch ->> 'description' else t.description end,
      active = case when p_patch ? 'active' then (p_patch ->> 'active')::boolean else t.active end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'webhook_endpoint_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_webhook_endpoint', 'webhook_endpoint', p_id, version, p_patch, p_request);
end $$;

-- Delete a webhook endpoint that is at one of the versions `p_match`.
create or replace function delete_webhook_endpoint(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_request text, out outcome text, out roles text[], out version bigint, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  delete from webhook_endpoint_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'webhook_endpoint_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'delete_webhook_endpoint', 'webhook_endpoint', p_id, version, '{}', p_request);
end $$;

-- Make a new secret for a webhook endpoint, whose row is at one of the versions `p_match`.
create or replace function rotate_webhook_endpoint(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_body jsonb, p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update webhook_endpoint_row_ t set version = t.version + 1, updated_at = now(),
      secret_version = t.version + 1,
      former_secret_version = t.secret_version,
      former_valid_until = now() + make_interval(secs => coalesce((p_body ->> 'overlap')::bigint, 86400))
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'webhook_endpoint_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'rotate_webhook_endpoint', 'webhook_endpoint', p_id, version,
                     '{"former_valid_until": null}', p_request);
end $$;
