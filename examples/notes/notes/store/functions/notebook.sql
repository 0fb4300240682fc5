-- The operations on notebooks.

-- The notebooks, each with its JSON as text.
create or replace view notebook_row_ with (security_invoker = true) as
select r.*,
    row_to_json(json_)::text as json_
  from notebook r
  cross join lateral (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.name
  ) json_;

-- What a write of notebooks answers: the row as the caller may read it, or else that it exists.
create or replace function notebook_answer_(p_caller caller_, p_id uuid, p_version bigint)
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_body text;
  read_any boolean := p_caller.roles && array['reader', 'writer'];
begin
  select r.json_ into v_body from notebook_row_ r
    where r.tenant_id = p_caller.tenant and r.id = p_id
      and read_any;
  return coalesce(v_body, json_build_object('id', p_id, 'version', p_version)::text);
end
$function$;

-- Why a conditional write touched no row. A row that no operation of the caller reaches is not
-- there.
create or replace function notebook_missed_(p_caller caller_, p_id uuid, p_match bigint[])
returns text language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_version bigint;
  known_any boolean := p_caller.roles && array['reader', 'writer'];
begin
  select t.version into v_version from notebook t
    where t.tenant_id = p_caller.tenant and t.id = p_id
      and known_any;
  return case
    when v_version is null then 'not_found'
    when v_version <> all (p_match) then 'precondition_failed'
    else 'condition_not_met'
  end;
end
$function$;

-- List notebooks. One page of rows, newest first where `p_sort` is null.
create or replace function list_notebooks(
  p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text, p_after_id uuid, p_filters jsonb,
  out outcome text, out body text, out last_key text, out last_id uuid
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  list_any boolean := v_caller.roles && array['reader', 'writer'];
  v_bodies text[];
  v_keys text[];
  v_ids uuid[];
begin
  outcome := case
    when not list_any then refusal_(v_caller, array['reader', 'writer'])
  end;
  if outcome is not null then return; end if;
  if p_sort is null and p_filters is null then
    select array_agg(p.body), array_agg(p.key), array_agg(p.id) into v_bodies, v_keys, v_ids from (
      select r.id, r.created_at::text as key, r.json_ as body
        from notebook_row_ r
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
      'notebook_row_',
      $q$r.json_$q$,
      concat(
        $q$true$q$
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
    using p_tenant, v_caller.member, v_caller.attributes, p_limit, p_after, p_after_id, p_filters, list_any;
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

-- Create a notebook, with its audit event.
create or replace function create_notebook(
  p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text, p_request text,
  out outcome text, out id uuid, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  create_any boolean := v_caller.roles && array['writer'];
begin
  outcome := case
    when not create_any then refusal_(v_caller, array['writer'])
  end;
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.outcome, c.id, c.version, c.body into outcome, id, version, body
      from claim_(v_caller, 'create_notebook', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into notebook as t
    (tenant_id, owner_id, name)
    values (
      p_tenant,
      v_caller.member,
      p_body ->> 'name'
    )
    returning t.id, t.version into id, version;
  outcome := record_(v_caller, 'create_notebook', 'notebook', id, version, p_body, p_request);
  body := notebook_answer_(v_caller, id, version);
  if p_key is not null then
    perform remember_(v_caller, 'create_notebook', p_key, p_fingerprint, id, version, body);
  end if;
end
$function$;

-- Read a notebook. `p_known` are the versions that the caller has already.
create or replace function read_notebook(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_known bigint[],
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  read_any boolean := v_caller.roles && array['reader', 'writer'];
begin
  outcome := case
    when not read_any then refusal_(v_caller, array['reader', 'writer'])
  end;
  if outcome is not null then return; end if;
  select r.version, r.json_ into version, body
    from notebook_row_ r
    where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
  if version = any (p_known) then
    body := null;
  end if;
end
$function$;

-- Change a notebook: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function update_notebook(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb, p_request text,
  out outcome text, out version bigint, out body text
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  update_if_owner_id boolean := v_caller.roles && array['writer'];
  v_allowed boolean;
begin
  outcome := case
    when not update_if_owner_id then refusal_(v_caller, array['writer'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  update notebook t
    set version = t.version + 1,
      updated_at = now(),
      name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and update_if_owner_id and t.owner_id = v_caller.member
    returning t.version,
      (update_if_owner_id and t.owner_id = v_caller.member)
      into version, v_allowed;
  if not found then
    outcome := notebook_missed_(v_caller, p_id, p_match);
    return;
  end if;
  if v_allowed is not true then
    raise exception 'the changed row is outside what the caller may update' using errcode = 'SC403';
  end if;
  outcome := record_(v_caller, 'update_notebook', 'notebook', p_id, version, p_patch, p_request);
  body := notebook_answer_(v_caller, p_id, version);
end
$function$;

-- Delete a notebook that is at one of the versions `p_match`.
create or replace function delete_notebook(
  p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out version bigint
) language plpgsql set search_path from current as $function$
#variable_conflict use_variable
declare
  v_caller caller_ := enter_(p_tenant, p_caller);
  delete_if_owner_id boolean := v_caller.roles && array['writer'];
begin
  outcome := case
    when not delete_if_owner_id then refusal_(v_caller, array['writer'])
    when p_match is null then 'precondition_required'
  end;
  if outcome is not null then return; end if;
  delete from notebook t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and delete_if_owner_id and t.owner_id = v_caller.member
    returning t.version into version;
  if not found then
    outcome := notebook_missed_(v_caller, p_id, p_match);
    return;
  end if;
  outcome := record_(v_caller, 'delete_notebook', 'notebook', p_id, version, '{}', p_request);
end
$function$;
