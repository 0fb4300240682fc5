-- The operations on payments.

-- list_payments: one page of rows in the order asked for, newest first without `p_sort`.
-- `p_filters` has an entry for each filter: `name`, or `name.operator`.
create or replace function invoicing.list_payments_91db0f70(
  p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text,
  p_after text, p_after_id uuid, p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
  v_more boolean;
  v_key text;
  v_order text;
  v_after text;
  v_where text := '';
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member', 'viewer']);
    return;
  end if;
  if (coalesce(p_filters ?| array['provider_reference'], false)) and not ((v_roles && array['accountant']) or (not v_roles && array['member', 'viewer'])) then
    outcome := 'field_not_readable';
    return;
  end if;
  if p_sort is null and p_filters is null then
    select string_agg(p.body, ',' order by p.n) filter (where p.n <= p_limit),
           (array_agg(p.key order by p.n))[p_limit],
           (array_agg(p.id order by p.n))[p_limit],
           count(*) > p_limit
      from (
        select row_number() over (order by r.created_at desc, r.id desc) as n, r.id, r.created_at::text as key,
               (select left(row_to_json(v_)::text, -1)
                || case when (select v_roles && array['accountant']) then ',"payer_account":' || coalesce(to_json(r.payer_account)::text, 'null') else '' end
                || case when (select v_roles && array['accountant']) then ',"provider_reference":' || coalesce(to_json(r.provider_reference)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode, r.received_on, r.status, r.refunded_at) v_) as body
          from invoicing.payment r
         where r.tenant_id = p_tenant
           and (r.created_at, r.id) < (
             coalesce(p_after::timestamptz, 'infinity'),
             coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
           )
         order by r.created_at desc, r.id desc
         limit p_limit + 1
      ) p
      into body, last_key, last_id, v_more;
  else
    -- One statement for each shape of filters, so that each has the plan it needs. It is put
    -- together from the constants below; every value is a parameter.
    case coalesce(p_sort, '')
      when '' then
        v_key := 'r.created_at';
        v_order := 'r.created_at desc, r.id desc';
        v_after := '(r.created_at, r.id) < ($6::timestamptz, $7)';
      when 'received_on' then
        v_key := 'r.received_on';
        v_order := 'r.received_on, r.id';
        v_after := '(r.received_on, r.id) > ($6::date, $7)';
      when '-received_on' then
        v_key := 'r.received_on';
        v_order := 'r.received_on desc, r.id desc';
        v_after := '(r.received_on, r.id) < ($6::date, $7)';
    end case;
    if p_filters ? 'invoice_id' then
      v_where := v_where || $q$ and r.invoice_id = ($8 ->> 'invoice_id')::uuid$q$;
    end if;
    if p_filters ? 'amount.gte' then
      v_where := v_where || $q$ and r.amount >= ($8 ->> 'amount.gte')::bigint$q$;
    end if;
    if p_filters ? 'amount.lte' then
      v_where := v_where || $q$ and r.amount <= ($8 ->> 'amount.lte')::bigint$q$;
    end if;
    if p_filters ? 'method' then
      v_where := v_where || $q$ and r.method = $8 ->> 'method'$q$;
    end if;
    if p_filters ? 'method.in' then
      v_where := v_where || $q$ and r.method = any (array(select jsonb_array_elements_text($8 -> 'method.in')))$q$;
    end if;
    if p_filters ? 'received_on.gte' then
      v_where := v_where || $q$ and r.received_on >= ($8 ->> 'received_on.gte')::date$q$;
    end if;
    if p_filters ? 'received_on.lte' then
      v_where := v_where || $q$ and r.received_on <= ($8 ->> 'received_on.lte')::date$q$;
    end if;
    if p_filters ? 'provider_reference' then
      v_where := v_where || $q$ and r.provider_reference = $8 ->> 'provider_reference'$q$;
    end if;
    if p_filters ? 'status' then
      v_where := v_where || $q$ and r.status = $8 ->> 'status'$q$;
    end if;
    if p_after is not null then
      v_where := v_where || ' and ' || v_after;
    end if;
    execute $q$
    select string_agg(p.body, ',' order by p.n) filter (where p.n <= $5),
           (array_agg(p.key order by p.n))[$5],
           (array_agg(p.id order by p.n))[$5],
           count(*) > $5
      from (
        select row_number() over (order by $q$ || v_order || $q$) as n, r.id, $q$ || v_key || $q$::text as key,
               (select left(row_to_json(v_)::text, -1)
                || case when (select $3 && array['accountant']) then ',"payer_account":' || coalesce(to_json(r.payer_account)::text, 'null') else '' end
                || case when (select $3 && array['accountant']) then ',"provider_reference":' || coalesce(to_json(r.provider_reference)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode, r.received_on, r.status, r.refunded_at) v_) as body
          from invoicing.payment r
         where r.tenant_id = $1$q$ || v_where || $q$
         order by $q$ || v_order || $q$
         limit $5 + 1
      ) p$q$
      into body, last_key, last_id, v_more
      using p_tenant, v_member, v_roles, p_caller -> 'attributes', p_limit,
        p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
  if not v_more then
    last_key := null;
    last_id := null;
  end if;
end
$function$;

-- create_payment: inserts one row, with its audit event and the answer for its idempotency key.
create or replace function invoicing.create_payment_3a5bc6e7(
  p_tenant uuid, p_caller jsonb, p_body jsonb,
  p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
  v_allowed boolean;
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant', 'billing_worker'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'billing_worker']);
    return;
  end if;
  if p_key is null then
    outcome := 'idempotency_key_required';
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'create_payment', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  with t as (
    insert into invoicing.payment (tenant_id, recorded_by, invoice_id, amount, method, mode, received_on, payer_account, provider_reference)
    values (p_tenant,
      v_member,
      (p_body ->> 'invoice_id')::uuid,
      (p_body ->> 'amount')::bigint,
      p_body ->> 'method',
      coalesce(p_body ->> 'mode', 'live'),
      (p_body ->> 'received_on')::date,
      p_body ->> 'payer_account',
      p_body ->> 'provider_reference')
    returning *
  )
  select t.id, t.version, case when (select v_roles && array['accountant', 'member', 'viewer']) then (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant']) then ',"payer_account":' || coalesce(to_json(t.payer_account)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"provider_reference":' || coalesce(to_json(t.provider_reference)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.recorded_by, t.invoice_id, t.amount, t.method, t.mode, t.received_on, t.status, t.refunded_at) v_) else json_build_object('id', t.id, 'version', t.version)::text end, (((select v_roles && array['billing_worker']) and (select current_setting('app.environment', true)) in ('development', 'staging') and t.mode = 'test') or ((select v_roles && array['billing_worker']) and (select current_setting('app.environment', true)) = 'production' and t.mode = 'live') or ((select v_roles && array['accountant']) and t.method in ('bank_transfer', 'cash') and t.mode = 'live'))
    into id, version, body, v_allowed
    from t;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'create_payment', 'payment', id, version, array(select jsonb_object_keys(p_body)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'create_payment', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- read_payment: one row. `p_known` are the versions that the caller has already.
create or replace function invoicing.read_payment_f50d664f(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member', 'viewer']);
    return;
  end if;
  select r.version, case when r.version = any (p_known) then null else (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant']) then ',"payer_account":' || coalesce(to_json(r.payer_account)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"provider_reference":' || coalesce(to_json(r.provider_reference)::text, 'null') else '' end || '}'
      from (select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode, r.received_on, r.status, r.refunded_at) v_) end
    into version, body
    from invoicing.payment r
   where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end
$function$;

-- refund_payment: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.refund_payment_begin_44f8935c(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_key text, p_fingerprint text,
  out outcome text, out id uuid, out version bigint, out body text, out member_id uuid, out roles text[]
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant']);
    return;
  end if;
  if coalesce((p_caller ->> 'auth_time')::bigint, 0) < extract(epoch from now()) - 300 then
    outcome := 'step_up_required';
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  if p_key is null then
    outcome := 'idempotency_key_required';
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'refund_payment', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.recorded_by, t.invoice_id, t.amount, t.method, t.mode, t.received_on, t.payer_account, t.provider_reference, t.status, t.refunded_at) v_)
    into version, body
    from invoicing.payment t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['accountant']) and t.status = 'received'
     for update;
  if not found then
select t.version into version from invoicing.payment t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['accountant', 'member', 'viewer']);
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  member_id := v_member;
  roles := v_roles;
  outcome := 'ok';
end
$function$;

-- refund_payment: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.refund_payment_finish_daeb8e14(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_version bigint, p_changes jsonb,
  p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant']);
    return;
  end if;
  if coalesce((p_caller ->> 'auth_time')::bigint, 0) < extract(epoch from now()) - 300 then
    outcome := 'step_up_required';
    return;
  end if;
  with t as (
    update invoicing.payment t
       set version = t.version + 1,
           updated_at = now(),
           status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
           refunded_at = case when p_changes ? 'refunded_at' then (p_changes ->> 'refunded_at')::timestamptz else t.refunded_at end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant']) then ',"payer_account":' || coalesce(to_json(t.payer_account)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"provider_reference":' || coalesce(to_json(t.provider_reference)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.recorded_by, t.invoice_id, t.amount, t.method, t.mode, t.received_on, t.status, t.refunded_at) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'refund_payment', 'payment', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'refund_payment', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

