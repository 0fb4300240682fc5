-- The operations on invoice lines.

-- The invoice lines, each with its JSON as text.
create or replace view invoice_line_row_ with (security_invoker = true) as
select r.*,
    row_to_json(json_)::text as json_
  from invoice_line r
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description,
           r.quantity::text as quantity, r.unit_price, r.tax_rate::text as tax_rate, r.amount, r.locked
  ) json_;

-- What a write of invoice lines answers: the row as the caller may read it, or else that it exists.
create or replace function invoice_line_answer_(p_caller caller_, p_id uuid, p_version bigint)
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_body text;
  read_any boolean := p_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
begin
  select r.json_ into v_body from invoice_line_row_ r
    where r.tenant_id = p_caller.tenant and r.id = p_id
      and read_any;
  return coalesce(v_body, json_build_object('id', p_id, 'version', p_version)::text);
end
$function$;

-- Why a conditional write touched no row. A row that no operation of the caller reaches is not
-- there.
create or replace function invoice_line_missed_(p_caller caller_, p_id uuid, p_match bigint[])
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_version bigint;
  known_any boolean := p_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
begin
  select t.version into v_version from invoice_line t
    where t.tenant_id = p_caller.tenant and t.id = p_id
      and known_any;
  return case
    when v_version is null then 'not_found'
    when v_version <> all (p_match) then 'precondition_failed'
    else 'condition_not_met'
  end;
end
$function$;

-- List invoice lines. One page of rows, newest first where `p_sort` is null.
create or replace function list_invoice_lines(
  p_tenant uuid, p_caller jsonb, p_parent uuid, p_limit integer, p_sort text, p_after text, p_after_id uuid,
  p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  list_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  see_if_region boolean := v_caller.roles && array['analyst'];
  v_bodies text[];
  v_keys text[];
  v_ids uuid[];
begin
  outcome := case
    when not list_any then refusal_(v_caller, array['accountant', 'billing_worker', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  perform from invoice q
    where q.tenant_id = p_tenant and q.id = p_parent and (
                                                             list_any
                                                             or (
                                                                  see_if_region
                                                                  and q.region in
                                                                      (
                                                                        select jsonb_array_elements_text(
                                                                        v_caller.attributes -> 'regions')
                                                                      )
                                                                )
                                                           );
  if not found then
    outcome := 'not_found';
    return;
  end if;
  if p_sort is null and p_filters is null then
    select array_agg(p.body), array_agg(p.key), array_agg(p.id) into v_bodies, v_keys, v_ids from (
      select r.id, r.created_at::text as key, r.json_ as body
        from invoice_line_row_ r
        where r.tenant_id = p_tenant and r.invoice_id = p_parent
          and (r.created_at, r.id) < (
            coalesce(p_after::timestamptz, 'infinity'), coalesce(p_after_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
          )
        order by r.created_at desc, r.id desc
        limit p_limit + 1
    ) p;
  else
    -- One statement for each shape of filters, so that each has the plan that it needs.
    execute page_(
      'invoice_line_row_',
      $q$r.json_$q$,
      concat(
        $q$true and r.invoice_id = $8$q$
      ),
      case ltrim(p_sort, '-')
        when 'position' then 'r."position"'
        else 'r.created_at'
      end,
      case ltrim(p_sort, '-')
        when 'position' then 'bigint'
        else 'timestamptz'
      end,
      p_sort is null or p_sort ^@ '-',
      p_after is not null
    )
    into v_bodies, v_keys, v_ids
    using p_tenant, v_caller.member, v_caller.attributes, p_limit, p_after, p_after_id, p_filters, p_parent, list_any,
          see_if_region;
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

-- Create an invoice line, with its audit event.
create or replace function create_invoice_line(
  p_tenant uuid, p_caller jsonb, p_parent uuid, p_body jsonb, p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  create_if_locked_owner_id boolean := v_caller.roles && array['accountant', 'member'];
  see_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  see_if_region boolean := v_caller.roles && array['analyst'];
  v_allowed boolean;
begin
  outcome := case
    when not create_if_locked_owner_id then refusal_(v_caller, array['accountant', 'member'])
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, 'create_invoice_line', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  perform from invoice q
    where q.tenant_id = p_tenant and q.id = p_parent and (
                                                             see_any
                                                             or (
                                                                  see_if_region
                                                                  and q.region in
                                                                      (
                                                                        select jsonb_array_elements_text(
                                                                        v_caller.attributes -> 'regions')
                                                                      )
                                                                )
                                                           );
  if not found then
    outcome := 'not_found';
    return;
  end if;
  insert into invoice_line as t
    (tenant_id, invoice_id, owner_id, "position", description, quantity, unit_price, tax_rate)
    values (
      p_tenant,
      p_parent,
      v_caller.member,
      (p_body ->> 'position')::bigint,
      p_body ->> 'description',
      (p_body ->> 'quantity')::numeric(9, 2),
      (p_body ->> 'unit_price')::bigint,
      (p_body ->> 'tax_rate')::numeric(5, 2)
    )
    returning t.id, t.version,
      (create_if_locked_owner_id and t.locked = false and t.owner_id = v_caller.member)
      into id, version, v_allowed;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'create_invoice_line', 'invoice_line', id, version, p_body, p_request);
  body := invoice_line_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, 'create_invoice_line', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;

-- Read an invoice line. `p_known` are the versions that the caller has already.
create or replace function read_invoice_line(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  read_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
begin
  outcome := case
    when not read_any then refusal_(v_caller, array['accountant', 'billing_worker', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  select r.version, r.json_ into version, body
    from invoice_line_row_ r
    where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
  if version = any (p_known) then
    body := null;
  end if;
end
$function$;

-- Change an invoice line: applies a merge patch (RFC 7396) to the row that is at one of the
-- versions `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function update_invoice_line(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  update_if_locked boolean := v_caller.roles && array['accountant'];
  update_if_locked_owner_id boolean := v_caller.roles && array['member'];
  v_allowed boolean;
begin
  outcome := case
    when not (update_if_locked or update_if_locked_owner_id)
      then refusal_(v_caller, array['accountant', 'member'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  update invoice_line t
    set version = t.version + 1,
      updated_at = now(),
      "position" = case when p_patch ? 'position' then (p_patch ->> 'position')::bigint else t."position" end,
      description = case when p_patch ? 'description' then p_patch ->> 'description' else t.description end,
      quantity = case when p_patch ? 'quantity' then (p_patch ->> 'quantity')::numeric(9, 2) else t.quantity end,
      unit_price = case when p_patch ? 'unit_price' then (p_patch ->> 'unit_price')::bigint else t.unit_price end,
      tax_rate = case when p_patch ? 'tax_rate' then (p_patch ->> 'tax_rate')::numeric(5, 2) else t.tax_rate end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and (
            (update_if_locked and t.locked = false)
            or (update_if_locked_owner_id and t.locked = false and t.owner_id = v_caller.member)
          )
    returning t.version,
      (
        (update_if_locked and t.locked = false)
        or (update_if_locked_owner_id and t.locked = false and t.owner_id = v_caller.member)
      )
      into version, v_allowed;
  if not found then
    outcome := invoice_line_missed_(v_caller, p_id, p_match);
    return;
  end if;
  if v_allowed is not true then
    raise exception 'the changed row is outside what the caller may update' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'update_invoice_line', 'invoice_line', p_id, version, p_patch, p_request);
  body := invoice_line_answer_(v_caller, p_id, version);
end
$function$;

-- Delete an invoice line that is at one of the versions `p_match`.
create or replace function delete_invoice_line(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out version bigint
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  delete_if_locked boolean := v_caller.roles && array['accountant'];
  delete_if_locked_owner_id boolean := v_caller.roles && array['member'];
begin
  outcome := case
    when not (delete_if_locked or delete_if_locked_owner_id)
      then refusal_(v_caller, array['accountant', 'member'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  delete from invoice_line t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and (
            (delete_if_locked and t.locked = false)
            or (delete_if_locked_owner_id and t.locked = false and t.owner_id = v_caller.member)
          )
    returning t.version into version;
  if not found then
    outcome := invoice_line_missed_(v_caller, p_id, p_match);
    return;
  end if;
  outcome := record_(v_caller, 'delete_invoice_line', 'invoice_line', p_id, version, '{}', p_request);
end
$function$;

-- Lets the caller begin an action on invoice lines, and locks the row that the hook then works on.
create or replace function invoice_line_begin_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_match bigint[], p_key text, p_fingerprint text,
  out outcome text, out id uuid, out version bigint, out body text, out member_id uuid, out roles text[]
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  lock_if_locked boolean := v_caller.roles && array['billing_worker'];
begin
  outcome := case
    when not (p_action = 'lock' and lock_if_locked)
      then refusal_(v_caller, case p_action when 'lock' then array['billing_worker'] end)
    when p_match is null then 'precondition_required'
    when p_key is null then 'idempotency_key_required'
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, p_action || '_invoice_line', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  select t.version, (
      select row_to_json(stored_)::text from (
        select t.id, t.version, t.created_at, t.updated_at, t.invoice_id, t.owner_id, t."position", t.description,
               t.quantity::text as quantity, t.unit_price, t.tax_rate::text as tax_rate, t.amount, t.locked
      ) stored_
    ) into version, body
    from invoice_line t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and p_action = 'lock' and lock_if_locked and t.locked = false
    for update;
  if not found then
    outcome := invoice_line_missed_(v_caller, p_id, p_match);
    return;
  end if;
  member_id := v_caller.member;
  roles := v_caller.roles;
  outcome := 'ok';
end
$function$;

-- Writes what the hook of an action on invoice lines decided, with its audit event.
create or replace function invoice_line_finish_(
  p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_version bigint, p_changes jsonb, p_key text,
  p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
begin
  if p_changes - (case p_action when 'lock' then array['amount', 'locked'] end) <> '{}' then
    outcome := 'field_not_writable';
    return;
  end if;
  update invoice_line t
    set version = t.version + 1,
      updated_at = now(),
      amount = case when p_changes ? 'amount' then (p_changes ->> 'amount')::bigint else t.amount end,
      locked = case when p_changes ? 'locked' then (p_changes ->> 'locked')::boolean else t.locked end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.id, t.version into id, version;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  outcome := record_(v_caller, p_action || '_invoice_line', 'invoice_line', id, version, p_changes, p_request);
  body := invoice_line_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, p_action || '_invoice_line', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;
