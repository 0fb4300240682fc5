-- The operations on invoices.

-- The invoices, each with its JSON as text.
create or replace view invoice_row_ with (security_invoker = true) as
select r.*,
    row_to_json(json_)::text as json_,
    left(row_to_json(open_)::text, -1) as open_
  from invoice r
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status,
           r.total, r.issued_on, r.due_on, r.paid_at, r.network_id, r.title
  ) json_
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status,
           r.total, r.issued_on, r.due_on, r.paid_at, r.network_id
  ) open_;

-- What a write of invoices answers: the row as the caller may read it, or else that it exists.
create or replace function invoice_answer_(p_caller caller_, p_id uuid, p_version bigint)
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_body text;
  read_any boolean := p_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  read_if_region boolean := p_caller.roles && array['analyst'];
  see_any boolean := p_caller.roles && array['accountant', 'member', 'viewer'];
begin
  select case when see_any then r.json_ else r.open_ || '}' end into v_body from invoice_row_ r
    where r.tenant_id = p_caller.tenant and r.id = p_id
      and (
            read_any
            or (read_if_region and r.region in (select jsonb_array_elements_text(p_caller.attributes -> 'regions')))
          );
  return coalesce(v_body, json_build_object('id', p_id, 'version', p_version)::text);
end
$function$;

-- Why a conditional write touched no row. A row that no operation of the caller reaches is not
-- there.
create or replace function invoice_missed_(p_caller caller_, p_id uuid, p_match bigint[])
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_version bigint;
  known_any boolean := p_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  known_if_region boolean := p_caller.roles && array['analyst'];
begin
  select t.version into v_version from invoice t
    where t.tenant_id = p_caller.tenant and t.id = p_id
      and (
            known_any
            or (known_if_region and t.region in (select jsonb_array_elements_text(p_caller.attributes -> 'regions')))
          );
  return case
    when v_version is null then 'not_found'
    when v_version <> all (p_match) then 'precondition_failed'
    else 'condition_not_met'
  end;
end
$function$;

-- List invoices. One page of rows, newest first where `p_sort` is null. `p_filters` has an entry
-- for each filter: `name`, or `name.operator`.
create or replace function list_invoices(
  p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text, p_after_id uuid, p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  list_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  list_if_region boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  v_bodies text[];
  v_keys text[];
  v_ids uuid[];
begin
  outcome := case
    when not (list_any or list_if_region)
      then refusal_(v_caller, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_agg(p.body), array_agg(p.key), array_agg(p.id) into v_bodies, v_keys, v_ids from (
      select r.id, r.created_at::text as key, case when see_any then r.json_ else r.open_ || '}' end as body
        from invoice_row_ r
        where r.tenant_id = p_tenant
          and (
                list_any
                or (list_if_region and r.region in (select jsonb_array_elements_text(v_caller.attributes -> 'regions')))
              )
          and (r.created_at, r.id) < (
            coalesce(p_after::timestamptz, 'infinity'), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          )
        order by r.created_at desc, r.id desc
        limit p_limit + 1
    ) p;
  else
    -- One statement for each shape of filters, so that each has the plan that it needs.
    execute page_(
      'invoice_row_',
      $q$case when $10 then r.json_ else r.open_ || '}' end$q$,
      concat(
        $q$($8 or ($9 and r.region in (select jsonb_array_elements_text($3 -> 'regions'))))$q$,
        case when p_filters ? 'number'
          then $q$ and r.number = $7 ->> 'number'$q$ end,
        case when p_filters ? 'number.prefix'
          then $q$ and r.number ~>=~ ($7 ->> 'number.prefix')
                      and r.number ~<~ (($7 ->> 'number.prefix') || U&'\+10FFFF')$q$ end,
        case when p_filters ? 'customer_id'
          then $q$ and r.customer_id = ($7 ->> 'customer_id')::uuid$q$ end,
        case when p_filters ? 'customer_id.in'
          then $q$ and r.customer_id = any
                      (array(select jsonb_array_elements_text($7 -> 'customer_id.in'))::uuid[])$q$ end,
        case when p_filters ? 'region'
          then $q$ and r.region = $7 ->> 'region'$q$ end,
        case when p_filters ? 'status'
          then $q$ and r.status = $7 ->> 'status'$q$ end,
        case when p_filters ? 'status.in'
          then $q$ and r.status = any (array(select jsonb_array_elements_text($7 -> 'status.in')))$q$ end,
        case when p_filters ? 'issued_on.gte'
          then $q$ and r.issued_on >= ($7 ->> 'issued_on.gte')::date$q$ end,
        case when p_filters ? 'issued_on.lte'
          then $q$ and r.issued_on <= ($7 ->> 'issued_on.lte')::date$q$ end,
        case when p_filters ? 'due_on.gte'
          then $q$ and r.due_on >= ($7 ->> 'due_on.gte')::date$q$ end,
        case when p_filters ? 'due_on.lte'
          then $q$ and r.due_on <= ($7 ->> 'due_on.lte')::date$q$ end,
        case when p_filters ? 'paid_at.gte'
          then $q$ and r.paid_at >= ($7 ->> 'paid_at.gte')::timestamptz$q$ end,
        case when p_filters ? 'paid_at.lt'
          then $q$ and r.paid_at < ($7 ->> 'paid_at.lt')::timestamptz$q$ end
      ),
      case ltrim(p_sort, '-')
        when 'number' then 'r.number'
        when 'due_on' then 'r.due_on'
        else 'r.created_at'
      end,
      case ltrim(p_sort, '-')
        when 'number' then 'text'
        when 'due_on' then 'date'
        else 'timestamptz'
      end,
      p_sort is null or p_sort ^@ '-',
      p_after is not null
    )
    into v_bodies, v_keys, v_ids
    using p_tenant, v_caller.member, v_caller.attributes, p_limit, p_after, p_after_id, p_filters, list_any,
          list_if_region, see_any;
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

-- Create an invoice, with its audit event.
create or replace function create_invoice(
  p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  create_any boolean := v_caller.roles && array['accountant'];
  create_if_region boolean := v_caller.roles && array['member'];
  v_allowed boolean;
begin
  outcome := case
    when not (create_any or create_if_region) then refusal_(v_caller, array['accountant', 'member'])
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, 'create_invoice', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into invoice as t
    (tenant_id, owner_id, number, title, customer_id, region, due_on)
    values (
      p_tenant,
      v_caller.member,
      p_body ->> 'number',
      p_body ->> 'title',
      (p_body ->> 'customer_id')::uuid,
      p_body ->> 'region',
      (p_body ->> 'due_on')::date
    )
    returning t.id, t.version,
      (create_any or (create_if_region and t.region = (select o.region from organization o where o.id = p_tenant)))
      into id, version, v_allowed;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'create_invoice', 'invoice', id, version, p_body, p_request);
  body := invoice_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, 'create_invoice', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;

-- Read an invoice. `p_known` are the versions that the caller has already.
create or replace function read_invoice(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  read_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  read_if_region boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  outcome := case
    when not (read_any or read_if_region)
      then refusal_(v_caller, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  select r.version, case when see_any then r.json_ else r.open_ || '}' end into version, body
    from invoice_row_ r
    where r.tenant_id = p_tenant and r.id = p_id
      and (
            read_any
            or (read_if_region and r.region in (select jsonb_array_elements_text(v_caller.attributes -> 'regions')))
          );
  outcome := case when found then 'ok' else 'not_found' end;
  if version = any (p_known) then
    body := null;
  end if;
end
$function$;

-- Change an invoice: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function update_invoice(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  update_if_status boolean := v_caller.roles && array['accountant'];
  update_if_owner_id_status boolean := v_caller.roles && array['member'];
  v_allowed boolean;
begin
  outcome := case
    when not (update_if_status or update_if_owner_id_status)
      then refusal_(v_caller, array['accountant', 'member'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  update invoice t
    set version = t.version + 1,
      updated_at = now(),
      title = case when p_patch ? 'title' then p_patch ->> 'title' else t.title end,
      customer_id = case when p_patch ? 'customer_id' then (p_patch ->> 'customer_id')::uuid else t.customer_id end,
      due_on = case when p_patch ? 'due_on' then (p_patch ->> 'due_on')::date else t.due_on end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and (
            (update_if_status and t.status = 'draft')
            or (update_if_owner_id_status and t.owner_id = v_caller.member and t.status = 'draft')
          )
    returning t.version,
      (
        (update_if_status and t.status = 'draft')
        or (update_if_owner_id_status and t.owner_id = v_caller.member and t.status = 'draft')
      )
      into version, v_allowed;
  if not found then
    outcome := invoice_missed_(v_caller, p_id, p_match);
    return;
  end if;
  if v_allowed is not true then
    raise exception 'the changed row is outside what the caller may update' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'update_invoice', 'invoice', p_id, version, p_patch, p_request);
  body := invoice_answer_(v_caller, p_id, version);
end
$function$;

-- Delete an invoice that is at one of the versions `p_match`.
create or replace function delete_invoice(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out version bigint
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  delete_if_status boolean := v_caller.roles && array['accountant'];
  delete_if_owner_id_status boolean := v_caller.roles && array['member'];
begin
  outcome := case
    when not (delete_if_status or delete_if_owner_id_status)
      then refusal_(v_caller, array['accountant', 'member'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  delete from invoice t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and (
            (delete_if_status and t.status = 'draft')
            or (delete_if_owner_id_status and t.owner_id = v_caller.member and t.status = 'draft')
          )
    returning t.version into version;
  if not found then
    outcome := invoice_missed_(v_caller, p_id, p_match);
    return;
  end if;
  outcome := record_(v_caller, 'delete_invoice', 'invoice', p_id, version, '{}', p_request);
end
$function$;

-- Lets the caller begin an action on invoices, and locks the row that the hook then works on.
create or replace function invoice_begin_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_match bigint[], p_key text, p_fingerprint text,
  out outcome text, out id uuid, out version bigint, out body text, out member_id uuid, out roles text[]
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  send_if_status boolean := v_caller.roles && array['accountant'];
  settle_if_status boolean := v_caller.roles && array['accountant', 'billing_worker'];
  void_if_status boolean := v_caller.roles && array['accountant'];
  transmit_if_tenant_region_status boolean := v_caller.roles && array['accountant'];
  remind_any boolean := v_caller.roles && array['accountant'];
begin
  outcome := case
    when not (
           (p_action = 'send' and send_if_status)
           or (p_action = 'settle' and settle_if_status)
           or (p_action = 'void' and void_if_status)
           or (p_action = 'transmit' and transmit_if_tenant_region_status)
           or (p_action = 'remind' and remind_any)
         )
      then refusal_(v_caller,
             case p_action
               when 'send' then array['accountant']
               when 'settle' then array['accountant', 'billing_worker']
               when 'void' then array['accountant']
               when 'transmit' then array['accountant']
               when 'remind' then array['accountant']
             end
           )
    when coalesce((p_caller ->> 'auth_time')::bigint, 0) <
         extract(epoch from now()) - case p_action when 'send' then 300 when 'void' then 300 end
      then 'step_up_required'
    when p_action in ('send', 'settle', 'void', 'transmit') and p_match is null then 'precondition_required'
    when p_action in ('send', 'settle', 'transmit', 'remind') and p_key is null then 'idempotency_key_required'
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, p_action || '_invoice', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  if p_action in ('send', 'settle', 'void', 'transmit') then
    select t.version, (
        select row_to_json(stored_)::text from (
          select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.title, t.customer_id, t.region,
                 t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id
        ) stored_
      ) into version, body
      from invoice t
      where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
        and (
              (p_action = 'send' and send_if_status and t.status = 'draft')
              or (p_action = 'settle' and settle_if_status and t.status = 'sent')
              or (p_action = 'void' and void_if_status and t.status = 'sent')
              or (
                   p_action = 'transmit'
                   and transmit_if_tenant_region_status
                       and (select o.region from organization o where o.id = p_tenant) = 'eu'
                       and t.status = 'sent'
                 )
            )
      for update;
    if not found then
      outcome := invoice_missed_(v_caller, p_id, p_match);
      return;
    end if;
  end if;
  member_id := v_caller.member;
  roles := v_caller.roles;
  outcome := 'ok';
end
$function$;

-- Writes what the hook of an action on invoices decided, with its audit event.
create or replace function invoice_finish_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_version bigint, p_changes jsonb, p_key text,
  p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
begin
  if p_action in ('send', 'settle', 'void', 'transmit') then
    if p_changes - (case p_action
                      when 'send' then array['status', 'total', 'issued_on']
                      when 'settle' then array['status', 'total', 'paid_at']
                      when 'void' then array['status', 'total']
                      when 'transmit' then array['total', 'network_id']
                    end) <> '{}' then
      outcome := 'field_not_writable';
      return;
    end if;
    update invoice t
      set version = t.version + 1,
        updated_at = now(),
        status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
        total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end,
        issued_on = case when p_changes ? 'issued_on' then (p_changes ->> 'issued_on')::date else t.issued_on end,
        paid_at = case when p_changes ? 'paid_at' then (p_changes ->> 'paid_at')::timestamptz else t.paid_at end,
        network_id = case when p_changes ? 'network_id' then (p_changes ->> 'network_id')::uuid else t.network_id end
      where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
      returning t.id, t.version into id, version;
    if not found then
      outcome := 'precondition_failed';
      return;
    end if;
  end if;
  outcome := record_(v_caller, p_action || '_invoice', 'invoice', id, version, p_changes, p_request);
  if id is not null then
    body := invoice_answer_(v_caller, id, version);
  end if;
  if p_key is not null then
    perform remember_(v_caller, p_action || '_invoice', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;
