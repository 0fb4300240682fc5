-- The operations on customers.

-- The customers, each with its JSON as text.
create or replace view customer_row_ with (security_invoker = true) as
select r.*,
    row_to_json(json_)::text as json_,
    left(row_to_json(open_)::text, -1) as open_,
    ',' || substr(left(row_to_json(part_1_)::text, -1), 2) as part_1_,
    ',' || substr(left(row_to_json(part_2_)::text, -1), 2) as part_2_
  from customer r
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags, r.email, r.phone,
           r.website, r.address, r.tax_number, r.remark
  ) json_
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags
  ) open_
  cross join lateral (
    select r.email, r.phone, r.website, r.address
  ) part_1_
  cross join lateral (
    select r.tax_number, r.remark
  ) part_2_;

-- What a write of customers answers: the row as the caller may read it, or else that it exists.
create or replace function customer_answer_(p_caller caller_, p_id uuid, p_version bigint)
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_body text;
  read_any boolean := p_caller.roles && array['accountant', 'member', 'viewer'];
  read_if_region boolean := p_caller.roles && array['analyst'];
  see_any boolean := p_caller.roles && array['accountant'];
begin
  select case when read_any and see_any then r.json_
           else r.open_
             || case when read_any then r.part_1_ else '' end
             || case when see_any then r.part_2_ else '' end
             || '}'
         end into v_body from customer_row_ r
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
create or replace function customer_missed_(p_caller caller_, p_id uuid, p_match bigint[])
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_version bigint;
  known_any boolean := p_caller.roles && array['accountant', 'member', 'viewer'];
  known_if_region boolean := p_caller.roles && array['analyst'];
begin
  select t.version into v_version from customer t
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

-- List customers. One page of rows, newest first where `p_sort` is null. `p_filters` has an entry
-- for each filter: `name`, or `name.operator`.
create or replace function list_customers(
  p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text, p_after_id uuid, p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  list_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  list_if_region boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant'];
  list_any_2 boolean := v_caller.roles && array['member', 'viewer'];
  v_bodies text[];
  v_keys text[];
  v_ids uuid[];
begin
  outcome := case
    when not (list_any or list_if_region)
      then refusal_(v_caller, array['accountant', 'analyst', 'member', 'viewer'])
    when p_filters ?| array['email'] and not (see_any or list_any_2 or not list_if_region)
      then 'field_not_readable'
  end;
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_agg(p.body), array_agg(p.key), array_agg(p.id) into v_bodies, v_keys, v_ids from (
      select r.id, r.created_at::text as key, case when list_any and see_any then r.json_
                                                else r.open_
                                                  || case when list_any then r.part_1_ else '' end
                                                  || case when see_any then r.part_2_ else '' end
                                                  || '}'
                                              end as body
        from customer_row_ r
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
      'customer_row_',
      $q$case when $8 and $10 then r.json_
            else r.open_
              || case when $8 then r.part_1_ else '' end
              || case when $10 then r.part_2_ else '' end
              || '}'
          end$q$,
      concat(
        $q$($8 or ($9 and r.region in (select jsonb_array_elements_text($3 -> 'regions'))))$q$,
        case when p_filters ? 'name'
          then $q$ and r.name = $7 ->> 'name'$q$ end,
        case when p_filters ? 'name.prefix'
          then $q$ and r.name ~>=~ ($7 ->> 'name.prefix') and r.name ~<~ (($7 ->> 'name.prefix') || U&'\+10FFFF')$q$ end,
        case when p_filters ? 'email'
          then $q$ and r.email = $7 ->> 'email'$q$ end,
        case when p_filters ? 'region'
          then $q$ and r.region = $7 ->> 'region'$q$ end,
        case when p_filters ? 'region.in'
          then $q$ and r.region = any (array(select jsonb_array_elements_text($7 -> 'region.in')))$q$ end
      ),
      case ltrim(p_sort, '-')
        when 'name' then 'r.name'
        else 'r.created_at'
      end,
      case ltrim(p_sort, '-')
        when 'name' then 'text'
        else 'timestamptz'
      end,
      p_sort is null or p_sort ^@ '-',
      p_after is not null
    )
    into v_bodies, v_keys, v_ids
    using p_tenant, v_caller.member, v_caller.attributes, p_limit, p_after, p_after_id, p_filters, list_any,
          list_if_region, see_any, list_any_2;
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

-- Create a customer, with its audit event.
create or replace function create_customer(
  p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  create_any boolean := v_caller.roles && array['accountant', 'member'];
  create_any_2 boolean := v_caller.roles && array['accountant'];
  create_any_3 boolean := v_caller.roles && array['member'];
begin
  outcome := case
    when not create_any then refusal_(v_caller, array['accountant', 'member'])
    when not (
           create_any_2
           or (
                create_any_3
                and p_body - array[
                      'address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website'
                    ] = '{}'
              )
         )
      then 'field_not_writable'
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, 'create_customer', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into customer as t
    (tenant_id, name, email, phone, region, tax_number, website, payment_terms, tags, remark, address)
    values (
      p_tenant,
      p_body ->> 'name',
      p_body ->> 'email',
      p_body ->> 'phone',
      p_body ->> 'region',
      p_body ->> 'tax_number',
      p_body ->> 'website',
      coalesce((p_body ->> 'payment_terms')::bigint, 2592000),
      nullif(p_body -> 'tags', 'null'::jsonb),
      p_body ->> 'remark',
      nullif(p_body -> 'address', 'null'::jsonb)
    )
    returning t.id, t.version into id, version;
  outcome := record_(v_caller, 'create_customer', 'customer', id, version, p_body, p_request);
  body := customer_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, 'create_customer', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;

-- Read a customer. `p_known` are the versions that the caller has already.
create or replace function read_customer(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  read_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  read_if_region boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant'];
begin
  outcome := case
    when not (read_any or read_if_region)
      then refusal_(v_caller, array['accountant', 'analyst', 'member', 'viewer'])
  end;
  if outcome is not null then return; end if;
  select r.version, case when read_any and see_any then r.json_
                      else r.open_
                        || case when read_any then r.part_1_ else '' end
                        || case when see_any then r.part_2_ else '' end
                        || '}'
                    end into version, body
    from customer_row_ r
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

-- Change a customer: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function update_customer(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  update_any boolean := v_caller.roles && array['accountant', 'member'];
  update_any_2 boolean := v_caller.roles && array['accountant'];
  update_any_3 boolean := v_caller.roles && array['member'];
begin
  outcome := case
    when not update_any then refusal_(v_caller, array['accountant', 'member'])
    when not (
           update_any_2
           or (
                update_any_3
                and p_patch - array[
                      'address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website'
                    ] = '{}'
              )
         )
      then 'field_not_writable'
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  update customer t
    set version = t.version + 1,
      updated_at = now(),
      name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end,
      email = case when p_patch ? 'email' then p_patch ->> 'email' else t.email end,
      phone = case when p_patch ? 'phone' then p_patch ->> 'phone' else t.phone end,
      region = case when p_patch ? 'region' then p_patch ->> 'region' else t.region end,
      tax_number = case when p_patch ? 'tax_number' then p_patch ->> 'tax_number' else t.tax_number end,
      website = case when p_patch ? 'website' then p_patch ->> 'website' else t.website end,
      payment_terms = case
                        when p_patch ? 'payment_terms' then (p_patch ->> 'payment_terms')::bigint
                        else t.payment_terms
                      end,
      tags = case when p_patch ? 'tags' then nullif(p_patch -> 'tags', 'null'::jsonb) else t.tags end,
      remark = case when p_patch ? 'remark' then p_patch ->> 'remark' else t.remark end,
      address = case
                  when not p_patch ? 'address' then t.address
                  when jsonb_typeof(p_patch -> 'address') = 'object' then merge_(t.address, p_patch -> 'address')
                end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and (
            update_any_2
            or (
                 update_any_3
                 and p_patch - array[
                       'address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags', 'website'
                     ] = '{}'
               )
          )
    returning t.version into version;
  if not found then
    outcome := customer_missed_(v_caller, p_id, p_match);
    return;
  end if;
  outcome := record_(v_caller, 'update_customer', 'customer', p_id, version, p_patch, p_request);
  body := customer_answer_(v_caller, p_id, version);
end
$function$;

-- Delete a customer that is at one of the versions `p_match`.
create or replace function delete_customer(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out version bigint
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  delete_any boolean := v_caller.roles && array['accountant'];
begin
  outcome := case
    when not delete_any then refusal_(v_caller, array['accountant'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  delete from customer t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version into version;
  if not found then
    outcome := customer_missed_(v_caller, p_id, p_match);
    return;
  end if;
  outcome := record_(v_caller, 'delete_customer', 'customer', p_id, version, '{}', p_request);
end
$function$;
