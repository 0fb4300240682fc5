-- The customers, each with its JSON as text.
create or replace view customer_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.name, r.email, r.phone, r.region, r.tax_number, r.website,
  r.payment_terms, r.tags, r.remark, r.address,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags, r.email, r.phone,
           r.website, r.address, r.tax_number, r.remark) json_) as json_,
  left((select row_to_json(open_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.name, r.region, r.payment_terms, r.tags) open_), -1) as open_,
  ',' || substr(left((select row_to_json(part_1_)::text from (
    select r.email, r.phone, r.website, r.address) part_1_), -1), 2) as part_1_,
  ',' || substr(left((select row_to_json(part_2_)::text from (
    select r.tax_number, r.remark) part_2_), -1), 2) as part_2_
  from customer r;

-- List customers, newest first where `p_sort` is null.
create or replace function list_customers(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'analyst', 'member', 'viewer']);
  list_as_accountant boolean := v_caller.roles && array['accountant'];
  list_as_member_viewer boolean := v_caller.roles && array['member', 'viewer'];
  list_as_analyst boolean := v_caller.roles && array['analyst'];
  list_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_filters ?| array['email'] and list_as_analyst and not list_as_accountant and not list_as_member_viewer
        then 'field_not_readable'
  end);
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, case when list_any and list_as_accountant then r.json_ else r.open_
            || case when list_any then r.part_1_ else '' end || case when list_as_accountant then r.part_2_ else '' end
            || '}' end as body
        from customer_row_ r where r.tenant_id = p_tenant
          and (list_any or (list_as_analyst and r.region = any (v_caller.user_regions)))
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('customer_row_', $q$case when $10 and $7 then r.json_ else r.open_
          || case when $10 then r.part_1_ else '' end || case when $7 then r.part_2_ else '' end || '}' end$q$, concat(
      $q$ and ($10 or ($9 and r.region = any (($2).user_regions)))$q$,
      case when p_filters ? 'name' then $q$ and r.name = $6 ->> 'name'$q$ end,
      case when p_filters ? 'name.prefix' then $q$ and r.name ~>=~ ($6 ->> 'name.prefix')
        and r.name ~<~ (($6 ->> 'name.prefix') || U&'\+10FFFF')$q$ end,
      case when p_filters ? 'email' then $q$ and r.email = $6 ->> 'email'$q$ end,
      case when p_filters ? 'region' then $q$ and r.region = $6 ->> 'region'$q$ end,
      case when p_filters ? 'region.in' then $q$ and r.region = any
          (array(select jsonb_array_elements_text($6 -> 'region.in')))$q$ end),
      case ltrim(p_sort, '-') when 'name' then array['r.name', 'text'] else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters,
                                         list_as_accountant, list_as_member_viewer, list_as_analyst, list_any;
  end if;
  outcome := 'ok';
end $$;

-- Create a customer.
create or replace function create_customer(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text,
  p_request text, out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  create_as_accountant boolean := v_caller.roles && array['accountant'];
  create_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when not (create_as_accountant
              or (create_as_member
                  and p_body - array['address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags',
                                     'website'] = '{}')) then 'field_not_writable'
  end);
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, 'create_customer', p_key, p_fingerprint) c;
    if outcome = 'replayed' then
      body := shown_(
        body,
        array['id', 'version', 'created_at', 'updated_at', 'name', 'region', 'payment_terms', 'tags'],
        (select case when create_as_accountant then t.json_ else t.open_ || t.part_1_ || '}' end
            from customer_row_ t where t.tenant_id = p_tenant and t.id = create_customer.id)
      );
    end if;
    if outcome is not null then return; end if;
  end if;
  body := take_(p_tenant, 'customer', 1, 50);
  if body is not null then outcome := 'quota_exceeded'; return; end if;
  insert into customer_row_ as t (tenant_id, name, email, phone, region, tax_number, website, payment_terms, tags,
                                  remark, address)
    values (p_tenant, p_body ->> 'name', p_body ->> 'email', p_body ->> 'phone', p_body ->> 'region',
            p_body ->> 'tax_number', p_body ->> 'website', coalesce((p_body ->> 'payment_terms')::bigint, 2592000),
            nullif(p_body -> 'tags', 'null'::jsonb), p_body ->> 'remark', nullif(p_body -> 'address', 'null'::jsonb))
    returning t.id, t.version, case when create_as_accountant then t.json_ else t.open_ || t.part_1_ || '}' end
        into id, version, body;
  if p_key is not null then
    perform remember_(v_caller, 'create_customer', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := record_(v_caller, 'create_customer', 'customer', id, version, p_body, p_request);
end $$;

-- Read a customer.
create or replace function read_customer(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'analyst', 'member', 'viewer']);
  read_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
  read_as_analyst boolean := v_caller.roles && array['analyst'];
  see_as_accountant boolean := v_caller.roles && array['accountant'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, case when read_any and see_as_accountant then r.json_ else r.open_
    || case when read_any then r.part_1_ else '' end || case when see_as_accountant then r.part_2_ else '' end
    || '}' end into version, body from customer_row_ r where r.tenant_id = p_tenant and r.id = p_id
      and (read_any or (read_as_analyst and r.region = any (v_caller.user_regions)));
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change a customer that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_customer(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb,
  p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  update_as_accountant boolean := v_caller.roles && array['accountant'];
  update_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when not (update_as_accountant
              or (update_as_member
                  and p_patch - array['address', 'email', 'name', 'payment_terms', 'phone', 'region', 'remark', 'tags',
                                      'website'] = '{}')) then 'field_not_writable'
  end);
  if outcome is not null then return; end if;
  update customer_row_ t set version = t.version + 1, updated_at = now(),
      name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end,
      email = case when p_patch ? 'email' then p_patch ->> 'email' else t.email end,
      phone = case when p_patch ? 'phone' then p_patch ->> 'phone' else t.phone end,
      region = case when p_patch ? 'region' then p_patch ->> 'region' else t.region end,
      tax_number = case when p_patch ? 'tax_number' then p_patch ->> 'tax_number' else t.tax_number end,
      website = case when p_patch ? 'website' then p_patch ->> 'website' else t.website end,
      payment_terms = case when p_patch ? 'payment_terms' then (p_patch ->> 'payment_terms')::bigint
          else t.payment_terms end,
      tags = case when p_patch ? 'tags' then nullif(p_patch -> 'tags', 'null'::jsonb) else t.tags end,
      remark = case when p_patch ? 'remark' then p_patch ->> 'remark' else t.remark end,
      address = case when not p_patch ? 'address' then t.address
          when jsonb_typeof(p_patch -> 'address') = 'object' then merge_(t.address, p_patch -> 'address') end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, case when update_as_accountant then t.json_ else t.open_ || t.part_1_ || '}' end
        into version, body;
  if not found then outcome := missed_(v_caller, 'customer_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_customer', 'customer', p_id, version, p_patch, p_request);
end $$;

-- Delete a customer that is at one of the versions `p_match`.
create or replace function delete_customer(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  perform lock_usage_(p_tenant, array['customer']);
  delete from customer_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'customer_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'delete_customer', 'customer', p_id, version, '{}', p_request);
end $$;
