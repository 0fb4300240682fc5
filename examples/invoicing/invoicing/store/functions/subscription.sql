-- The subscriptions, each with its JSON as text.
create or replace view subscription_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.plan, r.state, r.trial_ends_at, r.features, r.usage, 1::bigint as version,
  (select row_to_json(json_)::text from (
    select r.id, r.plan, r.state, r.trial_ends_at, r.features, r.usage) json_) as json_
  from (
    select o.id as tenant_id, o.id as id, p.plan,
      coalesce(s.state, 'none') as state, s.trial_ends_at,
      case p.plan when 'team' then '["sending"]'::jsonb else '[]'::jsonb end as features,
      jsonb_build_object(
        'customer', jsonb_build_object(
          'used', coalesce((select greatest(u.used, 0) from usage_ u
            where u.tenant_id = o.id and u.meter = 'customer'
              and u.period = 'held'), 0),
          'limit', case p.plan when 'free' then 50 when 'team' then null else 0 end,
          'resets_at', null),
        'invoice', jsonb_build_object(
          'used', coalesce((select greatest(u.used, 0) from usage_ u
            where u.tenant_id = o.id and u.meter = 'invoice'
              and u.period = to_char(now() at time zone 'UTC', 'YYYY-MM')), 0),
          'limit', case p.plan when 'free' then 25 when 'team' then 2000 else 0 end,
          'resets_at', (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC')
      ) as usage
      from organization o left join subscription s on s.tenant_id = o.id
      cross join lateral (select case
        when s.plan in ('free', 'team')
            and (s.state = 'active'
                 or (s.state = 'past_due' and s.past_due_at + interval '604800 s' > now())
                 or (s.state = 'trialing' and s.trial_ends_at > now()))
          then s.plan else 'free' end as plan) p
  ) r;

-- Read a subscription.
create or replace function read_subscription(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  perform count_rows_(p_tenant);
  select r.version, r.json_ into version, body from subscription_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;
