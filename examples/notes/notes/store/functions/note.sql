-- The notes, each with its JSON as text.
create or replace view note_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.notebook_id, r.title, r.body, r.pinned,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.notebook_id, r.title, r.body,
           r.pinned) json_) as json_
  from note r;

-- List notes, newest first where `p_sort` is null.
create or replace function list_notes(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
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
        from note_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('note_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'notebook_id' then $q$ and r.notebook_id = ($6 ->> 'notebook_id')::uuid$q$ end,
      case when p_filters ? 'title.prefix' then $q$ and r.title ~>=~ ($6 ->> 'title.prefix')
        and r.title ~<~ (($6 ->> 'title.prefix') || U&'\+10FFFF')$q$ end,
      case when p_filters ? 'pinned' then $q$ and r.pinned = ($6 ->> 'pinned')::boolean$q$ end),
      case ltrim(p_sort, '-') when 'title' then array['r.title', 'text'] else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Create a note.
create or replace function create_note(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text,
  p_request text, out outcome text, out roles text[], out id uuid, out version bigint, out body text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, 'create_note', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  insert into note_row_ as t (tenant_id, owner_id, notebook_id, title, body, pinned)
    values (p_tenant, v_caller.member, (p_body ->> 'notebook_id')::uuid, p_body ->> 'title', p_body ->> 'body',
            coalesce((p_body ->> 'pinned')::boolean, false))
    returning t.id, t.version, t.json_ into id, version, body;
  if p_key is not null then
    perform remember_(v_caller, 'create_note', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := record_(v_caller, 'create_note', 'note', id, version, p_body, p_request);
end $$;

-- Read a note.
create or replace function read_note(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['reader', 'writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from note_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change a note that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_note(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb,
  p_request text, out outcome text, out roles text[], out version bigint, out body text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  update note_row_ t set version = t.version + 1, updated_at = now(),
      notebook_id = case when p_patch ? 'notebook_id' then (p_patch ->> 'notebook_id')::uuid else t.notebook_id end,
      title = case when p_patch ? 'title' then p_patch ->> 'title' else t.title end,
      body = case when p_patch ? 'body' then p_patch ->> 'body' else t.body end,
      pinned = case when p_patch ? 'pinned' then (p_patch ->> 'pinned')::boolean else t.pinned end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.owner_id = v_caller.member
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'note_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_note', 'note', p_id, version, p_patch, p_request);
end $$;

-- Delete a note that is at one of the versions `p_match`.
create or replace function delete_note(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['writer']);
begin
  roles := v_caller.roles;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  delete from note_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.owner_id = v_caller.member
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'note_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'delete_note', 'note', p_id, version, '{}', p_request);
end $$;
