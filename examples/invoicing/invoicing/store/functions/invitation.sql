-- The invitations, each with its JSON as text.
create or replace view invitation_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.invited_by, r.roles, r.email, r.issuer, r.subject, r.name,
  r.expires_in, r.expires_at, r.revoked_at, r.accepted_at, r.accepted_by, r.digest,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.invited_by, r.roles, r.email, r.issuer, r.subject, r.name,
           r.expires_in, r.expires_at, r.revoked_at, r.accepted_at, r.accepted_by) json_) as json_
  from invitation r;

-- List invitations, newest first.
create or replace function list_invitations(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select array_to_string((array_agg(p.body))[:p_limit], ','),
    case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
    case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
    select r.id, r.created_at as key, r.json_ as body
      from invitation_row_ r where r.tenant_id = p_tenant
        and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
      order by r.created_at desc, r.id desc limit p_limit + 1) p;
  outcome := 'ok';
end $$;

-- Create an invitation.
create or replace function create_invitation(p_tenant uuid, p_caller jsonb, p_body jsonb, p_digest text, p_request text,
  out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_caller ? 'key' then 'key_not_allowed'
    when
        not array(select jsonb_array_elements_text(p_body -> 'roles')) <@ array['accountant', 'analyst', 'member',
                                                                                'viewer'] then 'role_not_assignable'
    when (num_nonnulls(p_body ->> 'issuer', p_body ->> 'subject') = 1
          or num_nonnulls(p_body ->> 'email', p_body ->> 'issuer') = 0) then 'invitation_unbound'
  end);
  if outcome is not null then return; end if;
  insert into invitation_row_ as t (tenant_id, invited_by, roles, email, issuer, subject, name, expires_in, expires_at,
                                    digest)
    values (p_tenant, v_caller.member, array(select jsonb_array_elements_text(p_body -> 'roles')), p_body ->> 'email',
            p_body ->> 'issuer', p_body ->> 'subject', p_body ->> 'name',
            coalesce((p_body ->> 'expires_in')::bigint, 604800),
            now() + make_interval(secs => coalesce((p_body ->> 'expires_in')::bigint, 604800)), p_digest)
    returning t.id, t.version, t.json_ into id, version, body;
  outcome := record_(v_caller, 'create_invitation', 'invitation', id, version, p_body, p_request);
end $$;

-- Read an invitation.
create or replace function read_invitation(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from invitation_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Take an invitation back, whose row is at one of the versions `p_match`.
create or replace function revoke_invitation(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['administrator']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_caller ? 'key' then 'key_not_allowed' end);
  if outcome is not null then return; end if;
  update invitation_row_ t set version = t.version + 1, updated_at = now(),
      revoked_at = coalesce(t.revoked_at, now())
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'invitation_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'revoke_invitation', 'invitation', p_id, version, '{"revoked_at": null}', p_request);
end $$;
