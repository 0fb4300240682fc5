-- How people become members: what asks for no permission.

-- Makes the caller the member whom an invitation is for, once. Whatever keeps it from that is told apart for the log
-- alone.
create or replace function accept_invitation(p_tenant uuid, p_caller jsonb, p_id uuid, p_digest text, p_request text,
  out outcome text, out roles text[], out id uuid, out version bigint, out body text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, '{}');
  v_shown text := set_config('app.invitation', p_digest, true);
  v_issuer text := p_caller ->> 'issuer';
  v_subject text := p_caller ->> 'subject';
  v_member uuid := gen_random_uuid();
  i invitation;
begin
  roles := v_caller.roles;
  outcome := case
    when v_caller.refusal not in ('not_a_member', 'permission_missing') then v_caller.refusal
    when p_caller ->> 'kind' is distinct from 'human' then 'not_a_person'
  end;
  if outcome is not null then return; end if;
  -- Of two invitations that one person accepts at once, the second one finds a member.
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', 'join', p_tenant, v_issuer, v_subject), 0));
  perform from member m where m.tenant_id = p_tenant and m.issuer = v_issuer and m.subject = v_subject
    and m.kind = 'human';
  if found then outcome := 'already_member'; return; end if;
  select t.* into i from invitation t where t.tenant_id = p_tenant and t.id = p_id and t.digest = p_digest for update;
  outcome := case
    when i.id is null then 'invitation_unknown'
    when i.accepted_at is not null then 'invitation_used'
    when i.revoked_at is not null then 'invitation_revoked'
    when i.expires_at <= now() then 'invitation_expired'
    when i.issuer is not null and (i.issuer, i.subject) is distinct from (v_issuer, v_subject)
      then 'invitation_of_another'
    when i.email is not null and i.email is distinct from p_caller ->> 'email' then 'invitation_of_another'
    when not exists (
      select from member m where m.tenant_id = p_tenant and m.id = i.invited_by and m.active
        and m.roles && array['administrator'] and i.roles <@ array['accountant', 'analyst', 'member', 'viewer']
    ) then 'inviter_may_not'
  end;
  if outcome is not null then return; end if;
  update invitation t set version = t.version + 1, updated_at = now(), accepted_at = now(), accepted_by = v_member
    where t.tenant_id = p_tenant and t.id = p_id
    returning t.id, t.version into id, version;
  insert into member (tenant_id, id, issuer, subject, kind, name, email, roles)
    values (p_tenant, v_member, v_issuer, v_subject, 'human', i.name, i.email, i.roles);
  v_caller.member := v_member;
  body := json_build_object('organization_id', p_tenant, 'member_id', v_member, 'roles', i.roles)::text;
  outcome := record_(v_caller, 'accept_invitation', 'invitation', id, version, '{"token": null}', p_request);
end $$;

-- Makes a tenant and the caller its first member.
create or replace function sign_up(p_tenant uuid, p_caller jsonb, p_body jsonb, p_request text, out outcome text,
  out roles text[], out id uuid, out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, '{}');
  v_issuer text := p_caller ->> 'issuer';
  v_subject text := p_caller ->> 'subject';
  v_digest text := encode(sha256(convert_to(concat_ws(' ', v_issuer, v_subject), 'UTF8')), 'hex');
  v_member uuid := gen_random_uuid();
  v_free boolean := false;
begin
  roles := v_caller.roles;
  if p_caller ->> 'kind' is distinct from 'human'
      or v_issuer not in ('https://login.example.com/', 'https://issuer.development.invalid/') then
    outcome := 'sign_up_closed'; return;
  end if;
  -- Nobody sees the tenants of others to count them: the numbers of one subject are taken one by one.
  for v_number in 1..3 loop
    insert into sign_up (tenant_id, digest, number) values (p_tenant, v_digest, v_number) on conflict do nothing;
    v_free := found;
    exit when v_free;
  end loop;
  if not v_free then outcome := 'too_many_tenants'; return; end if;
  insert into organization as t (id, slug, name, region)
    values (p_tenant, p_body ->> 'slug', p_body ->> 'name', p_body ->> 'region')
    returning t.id, t.version into id, version;
  insert into member (tenant_id, id, issuer, subject, kind, roles)
    values (p_tenant, v_member, v_issuer, v_subject, 'human', array['administrator']);
  v_caller.member := v_member;
  body := json_build_object('organization_id', p_tenant, 'member_id', v_member, 'roles', array['administrator'])::text;
  perform start_trial_(p_tenant);
  outcome := record_(v_caller, 'sign_up', 'organization', id, version, p_body, p_request);
end $$;
