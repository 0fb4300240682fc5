-- Run by an administrator of the PostgreSQL cluster, in the service's database: once, and again
-- when a release brings another version of this file.
-- invoicing_owner owns the tables and runs the migrations; invoicing_app is what the service
-- connects as; invoicing_backup reads the rows of all tenants, for pg_dump, and changes nothing.
-- invoicing_worker is what the worker connects as, which reaches the messages of all tenants and
-- nothing else of them.
-- Give each a password, or a certificate, in the way of your cluster. The runner of the migrations
-- finds the other three by the name of the owner: if you give them other names, change what is in
-- front of _owner, _app, _worker and _backup, and that alike.
do $roles$
begin
  if not exists (select 1 from pg_roles where rolname = 'invoicing_owner') then
    create role invoicing_owner login nosuperuser nocreatedb nocreaterole noreplication nobypassrls;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'invoicing_app') then
    create role invoicing_app login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
  end if;
  if not exists (select 1 from pg_roles where rolname = 'invoicing_worker') then
    create role invoicing_worker login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this cluster was being prepared at the same moment
end
$roles$;
do $backup$
begin
  if not exists (select 1 from pg_roles where rolname = 'invoicing_backup') then
    create role invoicing_backup login nosuperuser nocreatedb nocreaterole noreplication bypassrls noinherit;
  end if;
exception
  when duplicate_object or unique_violation then
    null;
  when insufficient_privilege then
    -- Only a superuser gives BYPASSRLS; since PostgreSQL 16 also a CREATEROLE role that has it itself.
    create role invoicing_backup login nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit;
    raise warning 'invoicing_backup has no BYPASSRLS, which you may not give: pg_dump will refuse its work';
end
$backup$;
-- A pooler in front of the database passes no settings of its clients on, so they are the role's.
alter role invoicing_app set statement_timeout = 10000;
alter role invoicing_app set idle_in_transaction_session_timeout = 30000;
alter role invoicing_app set plan_cache_mode = 'force_generic_plan';
alter role invoicing_app set timezone = 'UTC';
alter role invoicing_worker set statement_timeout = 10000;
alter role invoicing_worker set idle_in_transaction_session_timeout = 30000;
alter role invoicing_worker set plan_cache_mode = 'force_generic_plan';
alter role invoicing_worker set timezone = 'UTC';
-- A queue is read by its index, whatever the statistics say of it while it fills and empties.
alter role invoicing_worker set enable_seqscan = off;
do $schema$
declare
  v_joins boolean := not rolsuper from pg_roles where rolname = current_user;
begin
  -- Each release has a schema for its functions, which invoicing_owner creates.
  execute format('grant create on database %I to invoicing_owner', current_database());
  -- Whoever is no superuser makes a schema only for a role that it is a member of.
  if v_joins then grant invoicing_owner to current_user; end if;
  create schema if not exists invoicing authorization invoicing_owner;
  grant usage on schema invoicing to invoicing_app, invoicing_worker, invoicing_backup;
  if v_joins then revoke invoicing_owner from current_user; end if;
end
$schema$;
revoke create on schema public from public;
