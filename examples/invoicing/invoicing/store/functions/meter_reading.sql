-- The meter readings, each with its JSON as text.
create or replace view meter_reading_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.meter, r.period, r.starts_at, r.used, r.closed_at, 1::bigint as version,
  (select row_to_json(json_)::text from (
    select r.id, r.meter, r.period, r.starts_at, r.used, r.closed_at) json_) as json_
  from (
    select u.tenant_id as tenant_id, md5(concat_ws(' ', u.tenant_id, u.meter, u.period))::uuid as id,
      u.meter, u.period,
      (case length(u.period) when 7 then u.period || '-01' else u.period end)::timestamp
        at time zone 'UTC' as starts_at,
      greatest(u.used, 0) as used, u.closed_at
      from usage_ u where u.period <> 'held' and u.meter in ('invoices_sent')
  ) r;

-- List meter readings, newest first where `p_sort` is null.
create or replace function list_meter_readings(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text,
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
      select r.id, r.starts_at as key, r.json_ as body
        from meter_reading_row_ r where r.tenant_id = p_tenant
          and (r.starts_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.starts_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('meter_reading_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'meter' then $q$ and r.meter = $6 ->> 'meter'$q$ end,
      case when p_filters ? 'period' then $q$ and r.period = $6 ->> 'period'$q$ end,
      case when p_filters ? 'period.prefix' then $q$ and r.period ~>=~ ($6 ->> 'period.prefix')
        and r.period ~<~ (($6 ->> 'period.prefix') || U&'\+10FFFF')$q$ end,
      case when p_filters ? 'starts_at.gte' then $q$ and r.starts_at >= ($6 ->> 'starts_at.gte')::timestamptz$q$ end,
      case when p_filters ? 'starts_at.lt' then $q$ and r.starts_at < ($6 ->> 'starts_at.lt')::timestamptz$q$ end),
      array['r.starts_at', 'timestamptz'],
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Read a meter reading.
create or replace function read_meter_reading(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from meter_reading_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;
