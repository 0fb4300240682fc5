-- Run once by an administrator of the PostgreSQL cluster, in the service's database.
-- invoicing_owner owns the tables and runs the migrations; invoicing_app is what the service connects as.
-- Give each a password, or a certificate, in the way of your cluster.
do $roles$
begin
  if not exists (select 1 from pg_roles where rolname = 'invoicing_owner') then
    create role invoicing_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'invoicing_app') then
    create role invoicing_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this cluster was being prepared at the same moment
end
$roles$;
do $database$
begin
  -- Each release has a schema for its functions, which invoicing_owner creates.
  execute format('grant create on database %I to invoicing_owner', current_database());
end
$database$;
create schema if not exists invoicing authorization invoicing_owner;
grant usage on schema invoicing to invoicing_app;
revoke create on schema public from public;
