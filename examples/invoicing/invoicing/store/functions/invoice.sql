-- The operations on invoices.

-- list_invoices: one page of rows in the order asked for, newest first without `p_sort`.
-- `p_filters` has an entry for each filter: `name`, or `name.operator`.
create or replace function invoicing.list_invoices_cba849e4(
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
  if not v_roles && array['accountant', 'analyst', 'billing_worker', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer']);
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
                || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(r.title)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status, r.total, r.issued_on, r.due_on, r.paid_at, r.network_id) v_) as body
          from invoicing.invoice r
         where r.tenant_id = p_tenant
           and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and r.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))))
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
      when 'number' then
        v_key := 'r.number';
        v_order := 'r.number, r.id';
        v_after := '(r.number, r.id) > ($6, $7)';
      when '-number' then
        v_key := 'r.number';
        v_order := 'r.number desc, r.id desc';
        v_after := '(r.number, r.id) < ($6, $7)';
      when 'due_on' then
        v_key := 'r.due_on';
        v_order := 'r.due_on, r.id';
        v_after := '(r.due_on, r.id) > ($6::date, $7)';
      when '-due_on' then
        v_key := 'r.due_on';
        v_order := 'r.due_on desc, r.id desc';
        v_after := '(r.due_on, r.id) < ($6::date, $7)';
    end case;
    if p_filters ? 'number' then
      v_where := v_where || $q$ and r.number = $8 ->> 'number'$q$;
    end if;
    if p_filters ? 'number.prefix' then
      v_where := v_where || $q$ and r.number ~>=~ ($8 ->> 'number.prefix') and r.number ~<~ (($8 ->> 'number.prefix') || U&'\+10FFFF')$q$;
    end if;
    if p_filters ? 'customer_id' then
      v_where := v_where || $q$ and r.customer_id = ($8 ->> 'customer_id')::uuid$q$;
    end if;
    if p_filters ? 'customer_id.in' then
      v_where := v_where || $q$ and r.customer_id = any (array(select jsonb_array_elements_text($8 -> 'customer_id.in'))::uuid[])$q$;
    end if;
    if p_filters ? 'region' then
      v_where := v_where || $q$ and r.region = $8 ->> 'region'$q$;
    end if;
    if p_filters ? 'status' then
      v_where := v_where || $q$ and r.status = $8 ->> 'status'$q$;
    end if;
    if p_filters ? 'status.in' then
      v_where := v_where || $q$ and r.status = any (array(select jsonb_array_elements_text($8 -> 'status.in')))$q$;
    end if;
    if p_filters ? 'issued_on.gte' then
      v_where := v_where || $q$ and r.issued_on >= ($8 ->> 'issued_on.gte')::date$q$;
    end if;
    if p_filters ? 'issued_on.lte' then
      v_where := v_where || $q$ and r.issued_on <= ($8 ->> 'issued_on.lte')::date$q$;
    end if;
    if p_filters ? 'due_on.gte' then
      v_where := v_where || $q$ and r.due_on >= ($8 ->> 'due_on.gte')::date$q$;
    end if;
    if p_filters ? 'due_on.lte' then
      v_where := v_where || $q$ and r.due_on <= ($8 ->> 'due_on.lte')::date$q$;
    end if;
    if p_filters ? 'paid_at.gte' then
      v_where := v_where || $q$ and r.paid_at >= ($8 ->> 'paid_at.gte')::timestamptz$q$;
    end if;
    if p_filters ? 'paid_at.lt' then
      v_where := v_where || $q$ and r.paid_at < ($8 ->> 'paid_at.lt')::timestamptz$q$;
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
                || case when (select $3 && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(r.title)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status, r.total, r.issued_on, r.due_on, r.paid_at, r.network_id) v_) as body
          from invoicing.invoice r
         where r.tenant_id = $1
           and (((select $3 && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select $3 && array['analyst']) and r.region in (select jsonb_array_elements_text($4 -> 'regions'))))$q$ || v_where || $q$
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

-- create_invoice: inserts one row, with its audit event and the answer for its idempotency key.
create or replace function invoicing.create_invoice_11b0c5bb(
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
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'create_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  with t as (
    insert into invoicing.invoice (tenant_id, owner_id, number, title, customer_id, region, due_on)
    values (p_tenant,
      v_member,
      p_body ->> 'number',
      p_body ->> 'title',
      (p_body ->> 'customer_id')::uuid,
      p_body ->> 'region',
      (p_body ->> 'due_on')::date)
    returning *
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_), (((select v_roles && array['accountant'])) or ((select v_roles && array['member']) and t.region = (select o.region from invoicing.organization o where o.id = p_tenant)))
    into id, version, body, v_allowed
    from t;
  if v_allowed is not true then
    raise exception 'the new row is outside what the caller may create' using errcode = 'SC403';
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'create_invoice', 'invoice', id, version, array(select jsonb_object_keys(p_body)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'create_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- read_invoice: one row. `p_known` are the versions that the caller has already.
create or replace function invoicing.read_invoice_bd30c332(
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
  if not v_roles && array['accountant', 'analyst', 'billing_worker', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer']);
    return;
  end if;
  select r.version, case when r.version = any (p_known) then null else (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(r.title)::text, 'null') else '' end || '}'
      from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status, r.total, r.issued_on, r.due_on, r.paid_at, r.network_id) v_) end
    into version, body
    from invoicing.invoice r
   where r.tenant_id = p_tenant and r.id = p_id
     and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and r.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
  outcome := case when found then 'ok' else 'not_found' end;
end
$function$;

-- update_invoice: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function invoicing.update_invoice_1e65c386(
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
    update invoicing.invoice t
       set version = t.version + 1,
           updated_at = now(),
           title = case when p_patch ? 'title' then p_patch ->> 'title' else t.title end,
           customer_id = case when p_patch ? 'customer_id' then (p_patch ->> 'customer_id')::uuid else t.customer_id end,
           due_on = case when p_patch ? 'due_on' then (p_patch ->> 'due_on')::date else t.due_on end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
       and (((select v_roles && array['accountant']) and t.status = 'draft') or ((select v_roles && array['member']) and t.owner_id = v_member and t.status = 'draft'))
    returning t.*
  )
  select t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_), (((select v_roles && array['accountant']) and t.status = 'draft') or ((select v_roles && array['member']) and t.owner_id = v_member and t.status = 'draft'))
    into version, body, v_allowed
    from t;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
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
  values (p_tenant, v_member, 'update_invoice', 'invoice', p_id, version, array(select jsonb_object_keys(p_patch)), p_request);
  outcome := 'ok';
end
$function$;

-- delete_invoice: deletes the row that is at one of the versions `p_match`.
create or replace function invoicing.delete_invoice_3449d4d6(
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
  delete from invoicing.invoice t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (((select v_roles && array['accountant']) and t.status = 'draft') or ((select v_roles && array['member']) and t.owner_id = v_member and t.status = 'draft'))
  returning t.version into version;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'delete_invoice', 'invoice', p_id, version, '{}', p_request);
  outcome := 'ok';
end
$function$;

-- send_invoice: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.send_invoice_begin_2beac9e9(
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
      from invoicing.claim_fc330160(p_tenant, v_member, 'send_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.title, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into version, body
    from invoicing.invoice t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['accountant']) and t.status = 'draft'
     for update;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
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

-- send_invoice: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.send_invoice_finish_f28c8ab4(
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
    update invoicing.invoice t
       set version = t.version + 1,
           updated_at = now(),
           status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
           total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end,
           issued_on = case when p_changes ? 'issued_on' then (p_changes ->> 'issued_on')::date else t.issued_on end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'send_invoice', 'invoice', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'send_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- settle_invoice: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.settle_invoice_begin_a2829fc1(
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
  if not v_roles && array['accountant', 'billing_worker'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'billing_worker']);
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
      from invoicing.claim_fc330160(p_tenant, v_member, 'settle_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.title, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into version, body
    from invoicing.invoice t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['accountant', 'billing_worker']) and t.status = 'sent'
     for update;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
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

-- settle_invoice: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.settle_invoice_finish_214d53e5(
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
  if not v_roles && array['accountant', 'billing_worker'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'billing_worker']);
    return;
  end if;
  with t as (
    update invoicing.invoice t
       set version = t.version + 1,
           updated_at = now(),
           status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
           total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end,
           paid_at = case when p_changes ? 'paid_at' then (p_changes ->> 'paid_at')::timestamptz else t.paid_at end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'settle_invoice', 'invoice', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'settle_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- void_invoice: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.void_invoice_begin_a1541d39(
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
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'void_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.title, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into version, body
    from invoicing.invoice t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['accountant']) and t.status = 'sent'
     for update;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
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

-- void_invoice: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.void_invoice_finish_3d577d89(
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
    update invoicing.invoice t
       set version = t.version + 1,
           updated_at = now(),
           status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
           total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'void_invoice', 'invoice', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'void_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- transmit_invoice: lets the caller in and locks the row, which the hook then works on.
create or replace function invoicing.transmit_invoice_begin_9d84a1b9(
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
      from invoicing.claim_fc330160(p_tenant, v_member, 'transmit_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.title, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into version, body
    from invoicing.invoice t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['accountant']) and (select o.region from invoicing.organization o where o.id = p_tenant) = 'eu' and t.status = 'sent'
     for update;
  if not found then
select t.version into version from invoicing.invoice t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'billing_worker', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
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

-- transmit_invoice: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.transmit_invoice_finish_dcbff394(
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
  with t as (
    update invoicing.invoice t
       set version = t.version + 1,
           updated_at = now(),
           total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end,
           network_id = case when p_changes ? 'network_id' then (p_changes ->> 'network_id')::uuid else t.network_id end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.*
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"title":' || coalesce(to_json(t.title)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.number, t.customer_id, t.region, t.status, t.total, t.issued_on, t.due_on, t.paid_at, t.network_id) v_)
    into id, version, body
    from t;
  if not found then
    outcome := 'precondition_failed';
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'transmit_invoice', 'invoice', id, version, array(select jsonb_object_keys(p_changes)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'transmit_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- remind_invoice: lets the caller in.
create or replace function invoicing.remind_invoice_begin_f6c08940(
  p_tenant uuid, p_caller jsonb, p_key text, p_fingerprint text,
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
  if p_key is null then
    outcome := 'idempotency_key_required';
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'remind_invoice', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  member_id := v_member;
  roles := v_roles;
  outcome := 'ok';
end
$function$;

-- remind_invoice: writes what the hook decided, with its audit event, and answers.
create or replace function invoicing.remind_invoice_finish_3cb83994(
  p_tenant uuid, p_caller jsonb,
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
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'remind_invoice', 'invoice', null, null, '{}', p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'remind_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

