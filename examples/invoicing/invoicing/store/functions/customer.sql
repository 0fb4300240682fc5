-- The operations on customers.

-- list_customers: one page of rows in the order asked for, newest first without `p_sort`.
-- `p_filters` has an entry for each filter: `name`, or `name.operator`.
create or replace function invoicing.list_customers_54f164e6(
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
  if not v_roles && array['accountant', 'analyst', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'analyst', 'member', 'viewer']);
    return;
  end if;
  if (coalesce(p_filters ?| array['email'], false)) and not ((v_roles && array['accountant', 'member', 'viewer']) or (not v_roles && array['analyst'])) then
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
                || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"email":' || coalesce(to_json(r.email)::text, 'null') else '' end
                || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"phone":' || coalesce(to_json(r.phone)::text, 'null') else '' end
                || case when (select v_roles && array['accountant']) then ',"tax_number":' || coalesce(to_json(r.tax_number)::text, 'null') else '' end
                || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"website":' || coalesce(to_json(r.website)::text, 'null') else '' end
                || case when (select v_roles && array['accountant']) then ',"remark":' || coalesce(to_json(r.remark)::text, 'null') else '' end
                || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"address":' || coalesce(to_json(r.address)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags) v_) as body
          from invoicing.customer r
         where r.tenant_id = p_tenant
           and (((select v_roles && array['accountant', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and r.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))))
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
      when 'name' then
        v_key := 'r.name';
        v_order := 'r.name, r.id';
        v_after := '(r.name, r.id) > ($6, $7)';
      when '-name' then
        v_key := 'r.name';
        v_order := 'r.name desc, r.id desc';
        v_after := '(r.name, r.id) < ($6, $7)';
    end case;
    if p_filters ? 'name' then
      v_where := v_where || $q$ and r.name = $8 ->> 'name'$q$;
    end if;
    if p_filters ? 'name.prefix' then
      v_where := v_where || $q$ and r.name ~>=~ ($8 ->> 'name.prefix') and r.name ~<~ (($8 ->> 'name.prefix') || U&'\+10FFFF')$q$;
    end if;
    if p_filters ? 'email' then
      v_where := v_where || $q$ and r.email = $8 ->> 'email'$q$;
    end if;
    if p_filters ? 'region' then
      v_where := v_where || $q$ and r.region = $8 ->> 'region'$q$;
    end if;
    if p_filters ? 'region.in' then
      v_where := v_where || $q$ and r.region = any (array(select jsonb_array_elements_text($8 -> 'region.in')))$q$;
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
                || case when (select $3 && array['accountant', 'member', 'viewer']) then ',"email":' || coalesce(to_json(r.email)::text, 'null') else '' end
                || case when (select $3 && array['accountant', 'member', 'viewer']) then ',"phone":' || coalesce(to_json(r.phone)::text, 'null') else '' end
                || case when (select $3 && array['accountant']) then ',"tax_number":' || coalesce(to_json(r.tax_number)::text, 'null') else '' end
                || case when (select $3 && array['accountant', 'member', 'viewer']) then ',"website":' || coalesce(to_json(r.website)::text, 'null') else '' end
                || case when (select $3 && array['accountant']) then ',"remark":' || coalesce(to_json(r.remark)::text, 'null') else '' end
                || case when (select $3 && array['accountant', 'member', 'viewer']) then ',"address":' || coalesce(to_json(r.address)::text, 'null') else '' end || '}'
                from (select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags) v_) as body
          from invoicing.customer r
         where r.tenant_id = $1
           and (((select $3 && array['accountant', 'member', 'viewer'])) or ((select $3 && array['analyst']) and r.region in (select jsonb_array_elements_text($4 -> 'regions'))))$q$ || v_where || $q$
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

-- create_customer: inserts one row, with its audit event and the answer for its idempotency key.
create or replace function invoicing.create_customer_f6f2fd91(
  p_tenant uuid, p_caller jsonb, p_body jsonb,
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
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if not ((v_roles && array['accountant']) or (v_roles && array['member'] and (p_body - array['address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website']) = '{}'::jsonb)) then
    outcome := 'field_not_writable';
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from invoicing.claim_fc330160(p_tenant, v_member, 'create_customer', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  with t as (
    insert into invoicing.customer (tenant_id, name, email, phone, region, tax_number, website, payment_terms, tags, remark, address)
    values (p_tenant,
      p_body ->> 'name',
      p_body ->> 'email',
      p_body ->> 'phone',
      p_body ->> 'region',
      p_body ->> 'tax_number',
      p_body ->> 'website',
      coalesce((p_body ->> 'payment_terms')::bigint, 2592000),
      nullif(p_body -> 'tags', 'null'::jsonb),
      p_body ->> 'remark',
      nullif(p_body -> 'address', 'null'::jsonb))
    returning *
  )
  select t.id, t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"email":' || coalesce(to_json(t.email)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"phone":' || coalesce(to_json(t.phone)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"tax_number":' || coalesce(to_json(t.tax_number)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"website":' || coalesce(to_json(t.website)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"remark":' || coalesce(to_json(t.remark)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"address":' || coalesce(to_json(t.address)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.name, t.region, t.payment_terms, t.tags) v_)
    into id, version, body
    from t;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'create_customer', 'customer', id, version, array(select jsonb_object_keys(p_body)), p_request);
  if p_key is not null then
    perform invoicing.remember_228da003(p_tenant, v_member, 'create_customer', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- read_customer: one row. `p_known` are the versions that the caller has already.
create or replace function invoicing.read_customer_fea1737a(
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
  if not v_roles && array['accountant', 'analyst', 'member', 'viewer'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'analyst', 'member', 'viewer']);
    return;
  end if;
  select r.version, case when r.version = any (p_known) then null else (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"email":' || coalesce(to_json(r.email)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"phone":' || coalesce(to_json(r.phone)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"tax_number":' || coalesce(to_json(r.tax_number)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"website":' || coalesce(to_json(r.website)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"remark":' || coalesce(to_json(r.remark)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"address":' || coalesce(to_json(r.address)::text, 'null') else '' end || '}'
      from (select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags) v_) end
    into version, body
    from invoicing.customer r
   where r.tenant_id = p_tenant and r.id = p_id
     and (((select v_roles && array['accountant', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and r.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
  outcome := case when found then 'ok' else 'not_found' end;
end
$function$;

-- update_customer: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function invoicing.update_customer_0195f70e(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
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
  if not v_roles && array['accountant', 'member'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant', 'member']);
    return;
  end if;
  if not ((v_roles && array['accountant']) or (v_roles && array['member'] and (p_patch - array['address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website']) = '{}'::jsonb)) then
    outcome := 'field_not_writable';
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  with t as (
    update invoicing.customer t
       set version = t.version + 1,
           updated_at = now(),
           name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end,
           email = case when p_patch ? 'email' then p_patch ->> 'email' else t.email end,
           phone = case when p_patch ? 'phone' then p_patch ->> 'phone' else t.phone end,
           region = case when p_patch ? 'region' then p_patch ->> 'region' else t.region end,
           tax_number = case when p_patch ? 'tax_number' then p_patch ->> 'tax_number' else t.tax_number end,
           website = case when p_patch ? 'website' then p_patch ->> 'website' else t.website end,
           payment_terms = case when p_patch ? 'payment_terms' then (p_patch ->> 'payment_terms')::bigint else t.payment_terms end,
           tags = case when p_patch ? 'tags' then nullif(p_patch -> 'tags', 'null'::jsonb) else t.tags end,
           remark = case when p_patch ? 'remark' then p_patch ->> 'remark' else t.remark end,
           address = case when p_patch ? 'address' then case when jsonb_typeof(p_patch -> 'address') = 'object' then invoicing.merge_a67b2e47(t.address, p_patch -> 'address') end else t.address end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
       and (((select v_roles && array['accountant'])) or ((select v_roles && array['member']) and (p_patch - array['address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website']) = '{}'::jsonb))
    returning t.*
  )
  select t.version, (select left(row_to_json(v_)::text, -1)
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"email":' || coalesce(to_json(t.email)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"phone":' || coalesce(to_json(t.phone)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"tax_number":' || coalesce(to_json(t.tax_number)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"website":' || coalesce(to_json(t.website)::text, 'null') else '' end
      || case when (select v_roles && array['accountant']) then ',"remark":' || coalesce(to_json(t.remark)::text, 'null') else '' end
      || case when (select v_roles && array['accountant', 'member', 'viewer']) then ',"address":' || coalesce(to_json(t.address)::text, 'null') else '' end || '}'
      from (select t.id, t.version, t.created_at, t.updated_at, t.name, t.region, t.payment_terms, t.tags) v_)
    into version, body
    from t;
  if not found then
select t.version into version from invoicing.customer t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'update_customer', 'customer', p_id, version, array(select jsonb_object_keys(p_patch)), p_request);
  outcome := 'ok';
end
$function$;

-- delete_customer: deletes the row that is at one of the versions `p_match`.
create or replace function invoicing.delete_customer_6eb02aa3(
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
  if not v_roles && array['accountant'] then
    outcome := invoicing.refusal_0cf065af(v_member, v_held, array['accountant']);
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  delete from invoicing.customer t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
  returning t.version into version;
  if not found then
select t.version into version from invoicing.customer t
     where t.tenant_id = p_tenant and t.id = p_id and (((select v_roles && array['accountant', 'member', 'viewer'])) or ((select v_roles && array['analyst']) and t.region in (select jsonb_array_elements_text(p_caller -> 'attributes' -> 'regions'))));
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  insert into invoicing.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'delete_customer', 'customer', p_id, version, '{}', p_request);
  outcome := 'ok';
end
$function$;

