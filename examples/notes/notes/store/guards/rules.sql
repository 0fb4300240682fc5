-- Rules that follow from the spec and hold no data. They are applied again by every migration.

-- What the service's role may do, column by column. An older release may need more: it is taken
-- back by `migrate --prune`.
grant select on workspace to notes_app;
grant select on member to notes_app;
grant select, insert, update (fingerprint, resource_id, version, body, created_at, expires_at)
  on idempotency_key to notes_app;
grant insert on audit_event to notes_app;
grant select, insert, delete, update (name, version, updated_at) on notebook to notes_app;
grant select, insert, delete, update (notebook_id, title, body, pinned, version, updated_at) on note to notes_app;

-- What pg_dump reads for a backup.
grant select on workspace, member, member_role, idempotency_key, audit_event, notebook, note to notes_backup;

-- Which roles a member may hold, and which kind of member may hold them.
insert into member_role (name, kind) values
  ('reader', 'human'),
  ('writer', 'human')
on conflict do nothing;
create or replace function member_roles_are_known() returns trigger
language plpgsql security definer set search_path from current as $function$
begin
  if exists (
    select from unnest(new.roles) held
      where not exists (select from member_role r where r.name = held and r.kind = new.kind)
  ) then
    raise exception 'a member of this kind cannot hold one of these roles'
      using errcode = 'check_violation', constraint = 'member_roles_are_known';
  end if;
  return new;
end
$function$;
create or replace trigger roles_are_known before insert or update of roles, kind on member
  for each row execute function member_roles_are_known();

-- Audit events are kept 400 days.
create or replace function audit_event_is_append_only() returns trigger
language plpgsql set search_path from current as $function$
begin
  if tg_op = 'DELETE' and old.occurred_at < now() - interval '400 days' then
    return old;
  end if;
  raise exception 'audit events are append-only for 400 days' using errcode = '55000';
end
$function$;
create or replace trigger append_only before update or delete on audit_event
  for each row execute function audit_event_is_append_only();
create or replace trigger never_truncated before truncate on audit_event
  for each statement execute function audit_event_is_append_only();
