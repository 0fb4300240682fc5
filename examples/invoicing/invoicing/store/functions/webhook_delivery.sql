-- The webhook deliveries, each with its JSON as text.
create or replace view webhook_delivery_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.endpoint_id, r.event, r.resource, r.resource_id,
  r.resource_version, r.payload, r.state, r.due_at, r.attempts, r.last_status, r.last_error, r.finished_at,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.endpoint_id, r.event, r.resource, r.resource_id,
           r.resource_version, r.state, r.due_at, r.attempts, r.last_status, r.last_error,
           r.finished_at) json_) as json_
  from webhook_delivery r;

-- List webhook deliveries, newest first where `p_sort` is null.
create or replace function list_webhook_deliveries(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text,
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
        from webhook_delivery_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('webhook_delivery_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'endpoint_id' then $q$ and r.endpoint_id = ($6 ->> 'endpoint_id')::uuid$q$ end,
      case when p_filters ? 'state' then $q$ and r.state = $6 ->> 'state'$q$ end),
      array['r.created_at', 'timestamptz'],
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Read a webhook delivery.
create or replace function read_webhook_delivery(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body
    from webhook_delivery_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Try a webhook delivery again, whose row is at one of the versions `p_match`.
create or replace function retry_webhook_delivery(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update webhook_delivery_row_ t set version = t.version + 1, updated_at = now(),
      state = 'waiting',
      due_at = now(),
      attempts = 0,
      finished_at = null
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'webhook_delivery_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'retry_webhook_delivery', 'webhook_delivery', p_id, version,
                     '{"state": null, "due_at": null, "attempts": null, "finished_at": null}', p_request);
end $$;
