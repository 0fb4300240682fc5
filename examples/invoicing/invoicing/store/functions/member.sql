-- The members, each with its JSON as text.
create or replace view member_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.issuer, r.subject, r.kind, r.name, r.email, r.roles,
  r.active, r.tokens_valid_after,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.issuer, r.subject, r.kind, r.name, r.email, r.roles, r.active,
           r.tokens_valid_after) json_) as json_
  from member r;

-- List members, newest first where `p_sort` is null.
create or replace function list_members(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, r.json_ as body
        from member_row_ r where r.tenant_id = p_tenant
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('member_row_', $q$r.json_$q$, concat(
      case when p_filters ? 'issuer' then $q$ and r.issuer = $6 ->> 'issuer'$q$ end,
      case when p_filters ? 'active' then $q$ and r.active = ($6 ->> 'active')::boolean$q$ end),
      array['r.created_at', 'timestamptz'],
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters;
  end if;
  outcome := 'ok';
end $$;

-- Read a member.
create or replace function read_member(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from member_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change the roles of a member, whose row is at one of the versions `p_match`.
create or replace function assign_member(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_body jsonb,
  p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when p_id = v_caller.member then 'own_membership'
    when (select not (role_changes_(m.roles, array(select jsonb_array_elements_text(p_body -> 'roles')))
        <@ array['accountant', 'analyst', 'member', 'viewer'])
        from member_row_ m where m.tenant_id = p_tenant and m.id = p_id) then 'role_not_assignable'
  end);
  if outcome is not null then return; end if;
  update member_row_ t set version = t.version + 1, updated_at = now(),
      roles = array(select jsonb_array_elements_text(p_body -> 'roles'))
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'member_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'assign_member', 'member', p_id, version, '{"roles": null}', p_request);
end $$;

-- Let a member in no more, whose row is at one of the versions `p_match`.
create or replace function deactivate_member(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when p_id = v_caller.member then 'own_membership'
  end);
  if outcome is not null then return; end if;
  update member_row_ t set version = t.version + 1, updated_at = now(),
      active = false
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'member_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'deactivate_member', 'member', p_id, version, '{"active": null}', p_request);
end $$;

-- Let a member in again, whose row is at one of the versions `p_match`.
create or replace function reactivate_member(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when p_id = v_caller.member then 'own_membership'
    when (select not (m.roles <@ array['accountant', 'analyst', 'member', 'viewer'])
        from member_row_ m where m.tenant_id = p_tenant and m.id = p_id) then 'role_not_assignable'
  end);
  if outcome is not null then return; end if;
  update member_row_ t set version = t.version + 1, updated_at = now(),
      active = true
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'member_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'reactivate_member', 'member', p_id, version, '{"active": null}', p_request);
end $$;

-- Refuse the tokens that a member has, whose row is at one of the versions `p_match`.
create or replace function sign_out_member(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update member_row_ t set version = t.version + 1, updated_at = now(),
      tokens_valid_after = date_trunc('second', now())
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'member_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'sign_out_member', 'member', p_id, version, '{"tokens_valid_after": null}', p_request);
end $$;
