-- Run once by an administrator of the PostgreSQL cluster, in the service's database.
-- notes_owner owns the tables and runs the migrations; notes_app is what the service connects as.
-- Give each a password, or a certificate, in the way of your cluster.
do $roles$
begin
  if not exists (select 1 from pg_roles where rolname = 'notes_owner') then
    create role notes_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'notes_app') then
    create role notes_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this cluster was being prepared at the same moment
end
$roles$;
do $database$
begin
  -- Each release has a schema for its functions, which notes_owner creates.
  execute format('grant create on database %I to notes_owner', current_database());
end
$database$;
create schema if not exists notes authorization notes_owner;
grant usage on schema notes to notes_app;
revoke create on schema public from public;
