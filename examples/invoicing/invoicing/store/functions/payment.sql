-- The operations on payments.

-- The payments, each with its JSON as text.
create or replace view payment_row_ with (security_invoker = true) as
select r.*,
    row_to_json(json_)::text as json_,
    left(row_to_json(open_)::text, -1) as open_
  from payment r
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode,
           r.received_on, r.status, r.refunded_at, r.payer_account, r.provider_reference
  ) json_
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode,
           r.received_on, r.status, r.refunded_at
  ) open_;

-- What a write of payments answers: the row as the caller may read it, or else that it exists.
create or replace function payment_answer_(p_caller caller_, p_id uuid, p_version bigint)
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_body text;
  read_any boolean := p_caller.roles && array['accountant', 'member', 'viewer'];
  see_any boolean := p_caller.roles && array['accountant'];
begin
  select case when see_any then r.json_ else r.open_ || '}' end into v_body from payment_row_ r
    where r.tenant_id = p_caller.tenant and r.id = p_id
      and read_any;
  return coalesce(v_body, json_build_object('id', p_id, 'version', p_version)::text);
end
$function$;

-- Why a conditional write touched no row. A row that no operation of the caller reaches is not
-- there.
create or replace function payment_missed_(p_caller caller_, p_id uuid, p_match bigint[])
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_version bigint;
  known_any boolean := p_caller.roles && array['accountant', 'member', 'viewer'];
begin
  select t.version into v_version from payment t
    where t.tenant_id = p_caller.tenant and t.id = p_id
      and known_any;
  return case
    when v_version is null then 'not_found'
    when v_version <> all (p_match) then 'precondition_failed'
    else 'condition_not_met'
  end;
end
$function$;

-- List payments. One page of rows, newest first where `p_sort` is null. `p_filters` has an entry
-- for each filter: `name`, or `name.operator`.
create or replace function list_payments(
  p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text, p_after_id uuid, p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  list_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  see_any boolean := v_caller.roles && array['accountant'];
  list_any_2 boolean := v_caller.roles && array['member', 'viewer'];
  v_bodies text[];
  v_keys text[];
  v_ids uuid[];
begin
  outcome := case
    when not list_any then refusal_(v_caller, array['accountant', 'member', 'viewer'])
    when p_filters ?| array['provider_reference'] and not (see_any or not list_any_2) then 'field_not_readable'
  end;
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_agg(p.body), array_agg(p.key), array_agg(p.id) into v_bodies, v_keys, v_ids from (
      select r.id, r.created_at::text as key, case when see_any then r.json_ else r.open_ || '}' end as body
        from payment_row_ r
        where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (
            coalesce(p_after::timestamptz, 'infinity'), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          )
        order by r.created_at desc, r.id desc
        limit p_limit + 1
    ) p;
  else
    -- One statement for each shape of filters, so that each has the plan that it needs.
    execute page_(
      'payment_row_',
      $q$case when $9 then r.json_ else r.open_ || '}' end$q$,
      concat(
        $q$true$q$,
        case when p_filters ? 'invoice_id'
          then $q$ and r.invoice_id = ($7 ->> 'invoice_id')::uuid$q$ end,
        case when p_filters ? 'amount.gte'
          then $q$ and r.amount >= ($7 ->> 'amount.gte')::bigint$q$ end,
        case when p_filters ? 'amount.lte'
          then $q$ and r.amount <= ($7 ->> 'amount.lte')::bigint$q$ end,
        case when p_filters ? 'method'
          then $q$ and r.method = $7 ->> 'method'$q$ end,
        case when p_filters ? 'method.in'
          then $q$ and r.method = any (array(select jsonb_array_elements_text($7 -> 'method.in')))$q$ end,
        case when p_filters ? 'received_on.gte'
          then $q$ and r.received_on >= ($7 ->> 'received_on.gte')::date$q$ end,
        case when p_filters ? 'received_on.lte'
          then $q$ and r.received_on <= ($7 ->> 'received_on.lte')::date$q$ end,
        case when p_filters ? 'provider_reference'
          then $q$ and r.provider_reference = $7 ->> 'provider_reference'$q$ end,
        case when p_filters ? 'status'
          then $q$ and r.status = $7 ->> 'status'$q$ end
      ),
      case ltrim(p_sort, '-')
        when 'received_on' then 'r.received_on'
        else 'r.created_at'
      end,
      case ltrim(p_sort, '-')
        when 'received_on' then 'date'
        else 'timestamptz'
      end,
      p_sort is null or p_sort ^@ '-',
      p_after is not null
    )
    into v_bodies, v_keys, v_ids
    using p_tenant, v_caller.member, v_caller.attributes, p_limit, p_after, p_after_id, p_filters, list_any, see_any,
          list_any_2;
  end if;
  if cardinality(v_ids) > p_limit then
    last_key := v_keys[p_limit];
    last_id := v_ids[p_limit];
    v_bodies := trim_array(v_bodies, 1);
  end if;
  body := array_to_string(v_bodies, ',');
  outcome := 'ok';
end
$function$;

-- Create a payment, with its audit event.
create or replace function create_payment(
  p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  create_if_service_environment_mode boolean := v_caller.roles && array['billing_worker'];
  create_if_service_environment_mode_2 boolean := v_caller.roles && array['billing_worker'];
  create_if_method_mode boolean := v_caller.roles && array['accountant'];
  v_allowed boolean;
begin
  outcome := case
    when not (create_if_service_environment_mode or create_if_service_environment_mode_2 or create_if_method_mode)
      then refusal_(v_caller, array['accountant', 'billing_worker'])
    when p_key is null then 'idempotency_key_required'
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, 'create_payment', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into payment as t
    (tenant_id, recorded_by, invoice_id, amount, method, mode, received_on, payer_account, provider_reference)
    values (
      p_tenant,
      v_caller.member,
      (p_body ->> 'invoice_id')::uuid,
      (p_body ->> 'amount')::bigint,
      p_body ->> 'method',
      coalesce(p_body ->> 'mode', 'live'),
      (p_body ->> 'received_on')::date,
      p_body ->> 'payer_account',
      p_body ->> 'provider_reference'
    )
    returning t.id, t.version,
      (
        (
          create_if_service_environment_mode
          and (select current_setting('app.environment', true)) in ('development', 'staging')
          and t.mode = 'test'
        )
        or (
             create_if_service_environment_mode_2
             and (select current_setting('app.environment', true)) = 'production'
             and t.mode = 'live'
           )
        or (create_if_method_mode and t.method in ('bank_transfer', 'cash') and t.mode = 'live')
      )
      into id, version, v_allowed;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'create_payment', 'payment', id, version, p_body, p_request);
  body := payment_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, 'create_payment', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;

-- Read a payment. `p_known` are the versions that the caller has already.
create or replace function read_payment(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  read_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  see_any boolean := v_caller.roles && array['accountant'];
begin
  outcome := case
    when not read_any then refusal_(v_caller, array['accountant', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  select r.version, case when see_any then r.json_ else r.open_ || '}' end into version, body
    from payment_row_ r
    where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
  if version = any (p_known) then
    body := null;
  end if;
end
$function$;

-- Lets the caller begin an action on payments, and locks the row that the hook then works on.
create or replace function payment_begin_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_match bigint[], p_key text, p_fingerprint text,
  out outcome text, out id uuid, out version bigint, out body text, out member_id uuid, out roles text[]
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  refund_if_status boolean := v_caller.roles && array['accountant'];
begin
  outcome := case
    when not (p_action = 'refund' and refund_if_status)
      then refusal_(v_caller, case p_action when 'refund' then array['accountant'] end)
    when coalesce((p_caller ->> 'auth_time')::bigint, 0) <
         extract(epoch from now()) - case p_action when 'refund' then 300 end
      then 'step_up_required'
    when p_match is null then 'precondition_required'
    when p_key is null then 'idempotency_key_required'
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, p_action || '_payment', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  select t.version, (
      select row_to_json(stored_)::text from (
        select t.id, t.version, t.created_at, t.updated_at, t.recorded_by, t.invoice_id, t.amount, t.method, t.mode,
               t.received_on, t.payer_account, t.provider_reference, t.status, t.refunded_at
      ) stored_
    ) into version, body
    from payment t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and p_action = 'refund' and refund_if_status and t.status = 'received'
    for update;
  if not found then
    outcome := payment_missed_(v_caller, p_id, p_match);
    return;
  end if;
  member_id := v_caller.member;
  roles := v_caller.roles;
  outcome := 'ok';
end
$function$;

-- Writes what the hook of an action on payments decided, with its audit event.
create or replace function payment_finish_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_version bigint, p_changes jsonb, p_key text,
  p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
begin
  if p_changes - (case p_action when 'refund' then array['status', 'refunded_at'] end) <> '{}' then
    outcome := 'field_not_writable';
    return;
  end if;
  update payment t
    set version = t.version + 1,
      updated_at = now(),
      status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
      refunded_at = case
                      when p_changes ? 'refunded_at' then (p_changes ->> 'refunded_at')::timestamptz
                      else t.refunded_at
                    end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.id, t.version into id, version;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  outcome := record_(v_caller, p_action || '_payment', 'payment', id, version, p_changes, p_request);
  body := payment_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, p_action || '_payment', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;
