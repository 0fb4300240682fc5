-- The notebooks, each with its JSON as text.
create or replace view notebook_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.name,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.name) json_) as json_
  from notebook r;

-- List notebooks, newest first where `p_sort` is null.
create or replace function list_notebooks(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['reader', 'writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, r.json_ as body
        from notebook_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('notebook_row_', $q$r.json_$q$,
      '',
      case ltrim(p_sort, '-') when 'name' then array['r.name', 'text'] else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Create a notebook.
create or replace function create_notebook(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text,
  p_request text, out outcome text, out roles text[], out id uuid, out version bigint, out body text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, 'create_notebook', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into notebook_row_ as t (tenant_id, owner_id, name)
    values (p_tenant, v_caller.member, p_body ->> 'name')
    returning t.id, t.version, t.json_ into id, version, body;
  if p_key is not null then
    perform remember_(v_caller, 'create_notebook', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := record_(v_caller, 'create_notebook', 'notebook', id, version, p_body, p_request);
end $$;

-- Read a notebook.
create or replace function read_notebook(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['reader', 'writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from notebook_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change a notebook that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_notebook(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb,
  p_request text, out outcome text, out roles text[], out version bigint, out body text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  update notebook_row_ t set version = t.version + 1, updated_at = now(),
      name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.owner_id = v_caller.member
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'notebook_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_notebook', 'notebook', p_id, version, p_patch, p_request);
end $$;

-- Delete a notebook that is at one of the versions `p_match`.
create or replace function delete_notebook(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  delete from notebook_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.owner_id = v_caller.member
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'notebook_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'delete_notebook', 'notebook', p_id, version, '{}', p_request);
end $$;
