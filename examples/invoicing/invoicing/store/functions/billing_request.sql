-- The billing requests, each with its JSON as text.
create or replace view billing_request_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.kind, r.plan, r.price, r.state, r.due_at, r.attempts,
  r.last_error, r.finished_at, r.url, r.url_expires_at, r.reference, r.ended_as, r.amount, r.currency,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.kind, r.plan, r.state, r.due_at, r.attempts, r.last_error,
           r.finished_at, r.url, r.url_expires_at, r.reference, r.ended_as, r.amount, r.currency) json_) as json_
  from billing_request r;

-- List billing requests, newest first where `p_sort` is null.
create or replace function list_billing_requests(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text,
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
        from billing_request_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('billing_request_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'kind' then $q$ and r.kind = $6 ->> 'kind'$q$ end,
      case when p_filters ? 'kind.in' then $q$ and r.kind = any
          (array(select jsonb_array_elements_text($6 -> 'kind.in')))$q$ end,
      case when p_filters ? 'state' then $q$ and r.state = $6 ->> 'state'$q$ end),
      array['r.created_at', 'timestamptz'],
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Create a billing request.
create or replace function create_billing_request(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text,
  p_fingerprint text, p_request text, out outcome text, out roles text[], out id uuid, out version bigint,
  out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator'], p_age => 300);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_key is null then 'idempotency_key_required' end);
  if outcome is not null then return; end if;
  select c.* into outcome, id, version, body from claim_(v_caller, 'create_billing_request', p_key, p_fingerprint) c;
  if outcome is not null then return; end if;
  if (p_body ->> 'kind' in ('checkout', 'change', 'preview')) <> (p_body ->> 'plan' is not null) then
    outcome := 'billing_plan_asked'; return;
  end if;
  insert into billing_request_row_ as t (tenant_id, kind, plan, price)
    values (p_tenant, p_body ->> 'kind', p_body ->> 'plan', billing_price_(p_body ->> 'plan'))
    returning t.id, t.version, t.json_ into id, version, body;
  perform remember_(v_caller, 'create_billing_request', p_key, p_fingerprint, id, version, body);
  outcome := record_(v_caller, 'create_billing_request', 'billing_request', id, version, p_body, p_request);
end $$;

-- Read a billing request.
create or replace function read_billing_request(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from billing_request_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;
