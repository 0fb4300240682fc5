-- The organizations, each with its JSON as text.
create or replace view organization_row_ with (security_invoker = true) as select
  r.id as tenant_id, r.id, r.version, r.created_at, r.updated_at, r.slug, r.name, r.region, r.suspended_at,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.slug, r.name, r.region, r.suspended_at) json_) as json_
  from organization r;

-- Read an organization.
create or replace function read_organization(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from organization_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change an organization that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_organization(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_patch jsonb, p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when not p_patch - array['name'] = '{}' then 'field_not_writable' end);
  if outcome is not null then return; end if;
  update organization_row_ t set version = t.version + 1, updated_at = now(),
      name = case when p_patch ? 'name' then p_patch ->> 'name' else t.name end,
      region = case when p_patch ? 'region' then p_patch ->> 'region' else t.region end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'organization_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_organization', 'organization', p_id, version, p_patch, p_request);
end $$;
