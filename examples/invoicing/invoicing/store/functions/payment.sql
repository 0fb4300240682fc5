-- The payments, each with its JSON as text.
create or replace view payment_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode,
  r.received_on, r.payer_account, r.provider_reference, r.status, r.refunded_at,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode,
           r.received_on, r.status, r.refunded_at, r.payer_account, r.provider_reference) json_) as json_,
  left((select row_to_json(open_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.recorded_by, r.invoice_id, r.amount, r.method, r.mode,
           r.received_on, r.status, r.refunded_at) open_), -1) as open_
  from payment r;

-- List payments, newest first where `p_sort` is null.
create or replace function list_payments(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member', 'viewer']);
  list_as_accountant boolean := v_caller.roles && array['accountant'];
  list_as_member_viewer boolean := v_caller.roles && array['member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_filters ?| array['provider_reference'] and list_as_member_viewer and not list_as_accountant
        then 'field_not_readable'
  end);
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, case when list_as_accountant then r.json_ else r.open_ || '}' end as body
        from payment_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('payment_row_', $q$case when $7 then r.json_ else r.open_ || '}' end$q$, concat(
      case when p_filters ? 'invoice_id' then $q$ and r.invoice_id = ($6 ->> 'invoice_id')::uuid$q$ end,
      case when p_filters ? 'amount.gte' then $q$ and r.amount >= ($6 ->> 'amount.gte')::bigint$q$ end,
      case when p_filters ? 'amount.lte' then $q$ and r.amount <= ($6 ->> 'amount.lte')::bigint$q$ end,
      case when p_filters ? 'method' then $q$ and r.method = $6 ->> 'method'$q$ end,
      case when p_filters ? 'method.in' then $q$ and r.method = any
          (array(select jsonb_array_elements_text($6 -> 'method.in')))$q$ end,
      case when p_filters ? 'received_on.gte' then $q$ and r.received_on >= ($6 ->> 'received_on.gte')::date$q$ end,
      case when p_filters ? 'received_on.lte' then $q$ and r.received_on <= ($6 ->> 'received_on.lte')::date$q$ end,
      case when p_filters ? 'provider_reference' then $q$ and r.provider_reference = $6 ->> 'provider_reference'$q$ end,
      case when p_filters ? 'status' then $q$ and r.status = $6 ->> 'status'$q$ end),
      case ltrim(p_sort, '-') when 'received_on' then array['r.received_on', 'date']
          else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters,
                                         list_as_accountant, list_as_member_viewer;
  end if;
  outcome := 'ok';
end $$;

-- Create a payment.
create or replace function create_payment(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text,
  p_request text, out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'billing_worker']);
  create_as_billing_worker boolean := v_caller.roles && array['billing_worker'];
  create_as_accountant boolean := v_caller.roles && array['accountant'];
  read_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_key is null then 'idempotency_key_required' end);
  if outcome is not null then return; end if;
  select c.* into outcome, id, version, body from claim_(v_caller, 'create_payment', p_key, p_fingerprint) c;
  if outcome = 'replayed' then
    body := shown_(
      body,
      array['id', 'version'],
      (select case
        when read_any then case when create_as_accountant then t.json_ else t.open_ || '}' end
        else json_build_object('id', t.id, 'version', t.version)::text
      end from payment_row_ t where t.tenant_id = p_tenant and t.id = create_payment.id)
    );
  end if;
  if outcome is not null then return; end if;
  insert into payment_row_ as t (tenant_id, recorded_by, invoice_id, amount, method, mode, received_on, payer_account,
                                 provider_reference)
    values (p_tenant, v_caller.member, (p_body ->> 'invoice_id')::uuid, (p_body ->> 'amount')::bigint,
            p_body ->> 'method', coalesce(p_body ->> 'mode', 'live'), (p_body ->> 'received_on')::date,
            p_body ->> 'payer_account', p_body ->> 'provider_reference')
    returning t.id, t.version, case
      when ((create_as_billing_worker
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and t.mode = 'test')
            or (create_as_billing_worker
                and (select current_setting('app.environment', true)) = 'production'
                and t.mode = 'live')
            or (create_as_accountant and t.method in ('bank_transfer', 'cash') and t.mode = 'live')) then case
        when read_any then case when create_as_accountant then t.json_ else t.open_ || '}' end
        else json_build_object('id', t.id, 'version', t.version)::text
      end
      else outside_()
    end into id, version, body;
  perform remember_(v_caller, 'create_payment', p_key, p_fingerprint, id, version, body);
  outcome := record_(v_caller, 'create_payment', 'payment', id, version, p_body, p_request);
end $$;

-- Read a payment.
create or replace function read_payment(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member', 'viewer']);
  see_as_accountant boolean := v_caller.roles && array['accountant'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, case when see_as_accountant then r.json_ else r.open_ || '}' end into version, body
    from payment_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Lets the caller begin an action on payments, and locks the row that the hook then works on.
create or replace function payment_begin_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_match bigint[],
  p_key text, p_fingerprint text, out outcome text, out roles text[], out id uuid, out version bigint, out body text,
  out member_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, case when p_action = 'refund' then array['accountant'] end,
      p_age => case when p_action = 'refund' then 300 end);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_key is null then 'idempotency_key_required' end);
  if outcome is not null then return; end if;
  select c.* into outcome, id, version, body from claim_(v_caller, p_action || '_payment', p_key, p_fingerprint) c;
  if outcome is not null then return; end if;
  perform spend_(v_caller, 'refunds', 0, false);
  select t.version, t.json_ into version, body from payment_row_ t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.status = 'received'
    for update;
  if not found then outcome := missed_(v_caller, 'payment_row_', p_id, p_match); return; end if;
  outcome := spend_(v_caller, 'refunds', greatest((body::jsonb ->> 'amount')::bigint, 0), true);
  if outcome is not null then
    body := outcome; outcome := 'spending_cap_exceeded'; return;
  end if;
  member_id := v_caller.member; outcome := 'ok';
end $$;

-- Writes what the hook of an action on payments decided. Whether the caller may was decided at the beginning, in this
-- transaction.
create or replace function payment_finish_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_version bigint,
  p_changes jsonb, p_key text, p_fingerprint text, p_input text, p_request text, out outcome text, out id uuid,
  out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, '{}');
begin
  if p_changes - (case when p_action = 'refund' then array['status', 'refunded_at'] end) is distinct from '{}' then
    outcome := 'field_not_writable'; return;
  end if;
  update payment_row_ t set version = t.version + 1, updated_at = now(),
      status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
      refunded_at = case when p_changes ? 'refunded_at' then (p_changes ->> 'refunded_at')::timestamptz
          else t.refunded_at end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.id, t.version, t.json_ into id, version, body;
  if not found then outcome := 'precondition_failed'; return; end if;
  perform remember_(v_caller, p_action || '_payment', p_key, p_fingerprint, id, version, body);
  outcome := record_(v_caller, p_action || '_payment', 'payment', id, version, p_changes, p_request);
end $$;
