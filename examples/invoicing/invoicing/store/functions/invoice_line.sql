-- The operations on invoice lines.

-- list_invoice_lines: one page of rows in the order asked for, newest first without `p_sort`.
-- `p_filters` has an entry for each filter: `name`, or `name.operator`.
create or replace function invoicing.list_invoice_lines_387c6038(
  p_tenant uuid, p_caller jsonb, p_parent uuid, p_limit integer, p_sort text,
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
  if not v_roles && array['accountant', 'billing_worker', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'billing_worker', 'member', 'viewer']);
    return;
  end if;
  perform 1 from invoicing.invoice q
   where q.tenant_id = p_tenant and q.id = p_parent and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and q.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
  if not found then
    outcome := 'not_found';
    return;
  end if;
  if p_sort is null and p_filters is null then
    select string_agg(p.body, ',' order by p.n) filter (where p.n <= p_limit),
           (array_agg(p.key order by p.n))[p_limit],
           (array_agg(p.id order by p.n))[p_limit],
           count(*) > p_limit
      from (
        select row_number() over (order by r.created_at desc, r.id desc) as n, r.id, r.created_at::text as key,
               (select row_to_json(v_)::text
                from (select r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description, r.quantity::text as quantity, r.unit_price, r.tax_rate::text as tax_rate, r.amount, r.locked) v_) as body
          from invoicing.invoice_line r
         where r.tenant_id = p_tenant
           and r.invoice_id = p_parent
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
      when 'position' then
        v_key := 'r."position"';
        v_order := 'r."position", r.id';
        v_after := '(r."position", r.id) > ($6::bigint, $7)';
      when '-position' then
        v_key := 'r."position"';
        v_order := 'r."position" desc, r.id desc';
        v_after := '(r."position", r.id) < ($6::bigint, $7)';
    end case;
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
               (select row_to_json(v_)::text
                from (select r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description, r.quantity::text as quantity, r.unit_price, r.tax_rate::text as tax_rate, r.amount, r.locked) v_) as body
          from invoicing.invoice_line r
         where r.tenant_id = $1
           and r.invoice_id = $9$q$ || v_where || $q$
         order by $q$ || v_order || $q$
         limit $5 + 1
      ) p$q$
      into body, last_key, last_id, v_more
      using p_tenant, v_member, v_roles, p_caller -> 'attributes', p_limit,
        p_after, p_after_id, p_filters, p_parent;
  end if;
  outcome := 'ok';
  if not v_more then
    last_key := null;
    last_id := null;
  end if;
end
$function$;

-- create_invoice_line: inserts one row, with its audit event and the answer for its idempotency key.
create or replace function invoicing.create_invoice_line_4ccb102b(
  p_tenant uuid, p_caller jsonb, p_parent uuid, p_body jsonb,
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
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'create_invoice_line', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  perform 1 from invoicing.invoice q
   where q.tenant_id = p_tenant and q.id = p_parent and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and q.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
  if not found then
    outcome := 'not_found';
    return;
  end if;
  with t as (
    insert into invoicing.invoice_line (tenant_id, invoice_id, owner_id, "position", description, quantity, unit_price, tax_rate)
    values (p_tenant,
      p_parent,
      v_member,
      (p_body ->> 'position')::bigint,
      p_body ->> 'description',
      (p_body ->> 'quantity')::numeric(9, 2),
      (p_body ->> 'unit_price')::bigint,
      (p_body ->> 'tax_rate')::numeric(5, 2))
    returning *
  )
  select t.id, t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.invoice_id, t.owner_id, t."position", t.description, t.quantity::text as quantity, t.unit_price, t.tax_rate::text as tax_rate, t.amount, t.locked) v_), (select v_roles && array['accountant', 'member']) and t.locked = false and t.owner_id = v_member
    into id, version, body, v_allowed
    from t;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'create_invoice_line', 'invoice_line', id, version, array(select jsonb_object_keys(p_body)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'create_invoice_line', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- read_invoice_line: one row. `p_known` are the versions that the caller has already.
create or replace function invoicing.read_invoice_line_8fa04fa3(
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
  if not v_roles && array['accountant', 'billing_worker', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'billing_worker', 'member', 'viewer']);
    return;
  end if;
  select r.version, case when r.version = any (p_known) then null else (select row_to_json(v_)::text
      from (select r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description, r.quantity::text as quantity, r.unit_price, r.tax_rate::text as tax_rate, r.amount, r.locked) v_) end
    into version, body
    from invoicing.invoice_line r
   where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end
$function$;

-- update_invoice_line: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function invoicing.update_invoice_line_e71ba788(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
  out outcome text, out version bigint, out body text
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
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  with t as (
    update invoicing.invoice_line t
       set version = t.version + 1,
           updated_at = now(),
           "position" = case when p_patch ? 'position' then (p_patch ->> 'position')::bigint else t."position" end,
           description = case when p_patch ? 'description' then p_patch ->> 'description' else t.description end,
           quantity = case when p_patch ? 'quantity' then (p_patch ->> 'quantity')::numeric(9, 2) else t.quantity end,
           unit_price = case when p_patch ? 'unit_price' then (p_patch ->> 'unit_price')::bigint else t.unit_price end,
           tax_rate = case when p_patch ? 'tax_rate' then (p_patch ->> 'tax_rate')::numeric(5, 2) else t.tax_rate end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
       and (((select v_roles && array['accountant']) and t.locked = false) or ((select v_roles && array['member']) and t.locked = false and t.owner_id = v_member))
    returning t.*
  )
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.invoice_id, t.owner_id, t."position", t.description, t.quantity::text as quantity, t.unit_price, t.tax_rate::text as tax_rate, t.amount, t.locked) v_), (((select v_roles && array['accountant']) and t.locked = false) or ((select v_roles && array['member']) and t.locked = false and t.owner_id = v_member))
    into version, body, v_allowed
    from t;
  if not found then
select t.version into version from invoicing.invoice_line t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['accountant', 'billing_worker', 'member', 'viewer']);
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  if v_allowed is not true then
    raise exception 'the changed row is outside what the caller may update' using errcode = 'SC403';
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'update_invoice_line', 'invoice_line', p_id, version, array(select jsonb_object_keys(p_patch)), p_request);
  outcome := 'ok';
end
$function$;

-- delete_invoice_line: deletes the row that is at one of the versions `p_match`.
create or replace function invoicing.delete_invoice_line_557dd623(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out version bigint
) language plpgsql as $function$
#variable_conflict use_variable
declare
  v_member uuid;
  v_held text[];
  v_roles text[];
begin
  select e.member, e.held, e.roles into v_member, v_held, v_roles
    from invoicing.enter_963651a9(p_tenant, p_caller) e;
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  delete from invoicing.invoice_line t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (((select v_roles && array['accountant']) and t.locked = false) or ((select v_roles && array['member']) and t.locked = false and t.owner_id = v_member))
  returning t.version into version;
  if not found then
select t.version into version from invoicing.invoice_line t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['accountant', 'billing_worker', 'member', 'viewer']);
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'delete_invoice_line', 'invoice_line', p_id, version, '{}', p_request);
  outcome := 'ok';
end
$function$;

-- lock_invoice_line: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.lock_invoice_line_begin_d1bfbca5(
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
  if not v_roles && array['billing_worker'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['billing_worker']);
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
      from invoicing.claim_fc330160(p_tenant, v_member, 'lock_invoice_line', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.invoice_id, t.owner_id, t."position", t.description, t.quantity::text as quantity, t.unit_price, t.tax_rate::text as tax_rate, t.amount, t.locked) v_)
    into version, body
    from invoicing.invoice_line t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['billing_worker']) and t.locked = false
     for update;
  if not found then
select t.version into version from invoicing.invoice_line t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['accountant', 'billing_worker', 'member', 'viewer']);
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

-- lock_invoice_line: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.lock_invoice_line_finish_36f02cd6(
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
  if not v_roles && array['billing_worker'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['billing_worker']);
    return;
  end if;
  with t as (
    update invoicing.invoice_line t
       set version = t.version + 1,
           updated_at = now(),
           amount = case when p_changes ? 'amount' then (p_changes ->> 'amount')::bigint else t.amount end,
           locked = case when p_changes ? 'locked' then (p_changes ->> 'locked')::boolean else t.locked end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.invoice_id, t.owner_id, t."position", t.description, t.quantity::text as quantity, t.unit_price, t.tax_rate::text as tax_rate, t.amount, t.locked) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'lock_invoice_line', 'invoice_line', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'lock_invoice_line', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

