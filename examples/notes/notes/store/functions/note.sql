-- The operations on notes.

-- list_notes: one page of rows in the order asked for, newest first without `p_sort`.
-- `p_filters` has an entry for each filter: `name`, or `name.operator`.
create or replace function notes.list_notes_aaf777a7(
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
    from notes.enter_628914b6(p_tenant, p_caller) e;
  if not v_roles && array['reader', 'writer'] then
    outcome := notes.refusal_6761cae1(v_member, v_held, array['reader', 'writer']);
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
                from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.notebook_id, r.title, r.body, r.pinned) v_) as body
          from notes.note r
         where r.tenant_id = p_tenant
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
      when 'title' then
        v_key := 'r.title';
        v_order := 'r.title, r.id';
        v_after := '(r.title, r.id) > ($6, $7)';
      when '-title' then
        v_key := 'r.title';
        v_order := 'r.title desc, r.id desc';
        v_after := '(r.title, r.id) < ($6, $7)';
    end case;
    if p_filters ? 'notebook_id' then
      v_where := v_where || $q$ and r.notebook_id = ($8 ->> 'notebook_id')::uuid$q$;
    end if;
    if p_filters ? 'title.prefix' then
      v_where := v_where || $q$ and r.title ~>=~ ($8 ->> 'title.prefix') and r.title ~<~ (($8 ->> 'title.prefix') || U&'\+10FFFF')$q$;
    end if;
    if p_filters ? 'pinned' then
      v_where := v_where || $q$ and r.pinned = ($8 ->> 'pinned')::boolean$q$;
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
               (select row_to_json(v_)::text
                from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.notebook_id, r.title, r.body, r.pinned) v_) as body
          from notes.note r
         where r.tenant_id = $1$q$ || v_where || $q$
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

-- create_note: inserts one row, with its audit event and the answer for its idempotency key.
create or replace function notes.create_note_6dd1a0dd(
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
    from notes.enter_628914b6(p_tenant, p_caller) e;
  if not v_roles && array['writer'] then
    outcome := notes.refusal_6761cae1(v_member, v_held, array['writer']);
    return;
  end if;
  if p_key is not null then
    select c.state, c.resource_id, c.version, c.body into outcome, id, version, body
      from notes.claim_29e4fb25(p_tenant, v_member, 'create_note', p_key, p_fingerprint) c;
    if outcome is not null then
      return;
    end if;
  end if;
  with t as (
    insert into notes.note (tenant_id, owner_id, notebook_id, title, body, pinned)
    values (p_tenant,
      v_member,
      (p_body ->> 'notebook_id')::uuid,
      p_body ->> 'title',
      p_body ->> 'body',
      coalesce((p_body ->> 'pinned')::boolean, false))
    returning *
  )
  select t.id, t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.notebook_id, t.title, t.body, t.pinned) v_)
    into id, version, body
    from t;
  insert into notes.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'create_note', 'note', id, version, array(select jsonb_object_keys(p_body)), p_request);
  if p_key is not null then
    perform notes.remember_17616495(p_tenant, v_member, 'create_note', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := 'ok';
end
$function$;

-- read_note: one row. `p_known` are the versions that the caller has already.
create or replace function notes.read_note_bd7702e5(
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
    from notes.enter_628914b6(p_tenant, p_caller) e;
  if not v_roles && array['reader', 'writer'] then
    outcome := notes.refusal_6761cae1(v_member, v_held, array['reader', 'writer']);
    return;
  end if;
  select r.version, case when r.version = any (p_known) then null else (select row_to_json(v_)::text
      from (select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.notebook_id, r.title, r.body, r.pinned) v_) end
    into version, body
    from notes.note r
   where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end
$function$;

-- update_note: applies a merge patch (RFC 7396) to the row that is at one of the versions
-- `p_match`, in one statement: of several writers with one version, one succeeds.
create or replace function notes.update_note_27aabb95(
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
    from notes.enter_628914b6(p_tenant, p_caller) e;
  if not v_roles && array['writer'] then
    outcome := notes.refusal_6761cae1(v_member, v_held, array['writer']);
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  with t as (
    update notes.note t
       set version = t.version + 1,
           updated_at = now(),
           notebook_id = case when p_patch ? 'notebook_id' then (p_patch ->> 'notebook_id')::uuid else t.notebook_id end,
           title = case when p_patch ? 'title' then p_patch ->> 'title' else t.title end,
           body = case when p_patch ? 'body' then p_patch ->> 'body' else t.body end,
           pinned = case when p_patch ? 'pinned' then (p_patch ->> 'pinned')::boolean else t.pinned end
     where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
       and (select v_roles && array['writer']) and t.owner_id = v_member
    returning t.*
  )
  select t.version, (select row_to_json(v_)::text
      from (select t.id, t.version, t.created_at, t.updated_at, t.owner_id, t.notebook_id, t.title, t.body, t.pinned) v_), (select v_roles && array['writer']) and t.owner_id = v_member
    into version, body, v_allowed
    from t;
  if not found then
select t.version into version from notes.note t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['reader', 'writer']);
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
  insert into notes.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'update_note', 'note', p_id, version, array(select jsonb_object_keys(p_patch)), p_request);
  outcome := 'ok';
end
$function$;

-- delete_note: deletes the row that is at one of the versions `p_match`.
create or replace function notes.delete_note_793ab189(
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
    from notes.enter_628914b6(p_tenant, p_caller) e;
  if not v_roles && array['writer'] then
    outcome := notes.refusal_6761cae1(v_member, v_held, array['writer']);
    return;
  end if;
  if p_match is null then
    outcome := 'precondition_required';
    return;
  end if;
  delete from notes.note t
   where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
     and (select v_roles && array['writer']) and t.owner_id = v_member
  returning t.version into version;
  if not found then
select t.version into version from notes.note t
     where t.tenant_id = p_tenant and t.id = p_id and (select v_roles && array['reader', 'writer']);
    outcome := case
      when not found then 'not_found'
      when version <> all (p_match) then 'precondition_failed'
      else 'condition_not_met'
    end;
    version := null;
    return;
  end if;
  insert into notes.audit_event (tenant_id, member_id, operation, resource, resource_id, version, fields, request_id)
  values (p_tenant, v_member, 'delete_note', 'note', p_id, version, '{}', p_request);
  outcome := 'ok';
end
$function$;

