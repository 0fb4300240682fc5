-- Who reaches which rows. Row-level security is enabled and forced on every table: without a policy,
-- nothing is reached. A policy that is there already stays as it is.

-- policy: workspace tenant_isolation
create policy tenant_isolation on workspace as restrictive for all to notes_app
  using (id = current_setting('app.tenant_id', true)::uuid)
  with check (id = current_setting('app.tenant_id', true)::uuid);

-- policy: member tenant_isolation
create policy tenant_isolation on member as restrictive for all to notes_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: idempotency_key tenant_isolation
create policy tenant_isolation on idempotency_key as restrictive for all to notes_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event tenant_isolation
create policy tenant_isolation on audit_event as restrictive for all to notes_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: notebook tenant_isolation
create policy tenant_isolation on notebook as restrictive for all to notes_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: note tenant_isolation
create policy tenant_isolation on note as restrictive for all to notes_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: workspace reach_select_59c27ef4
create policy reach_select_59c27ef4 on workspace as permissive for select to notes_app
  using (true);

-- policy: member reach_select_2be75620
create policy reach_select_2be75620 on member as permissive for select to notes_app
  using (true);

-- policy: idempotency_key reach_select_a7cb1525
create policy reach_select_a7cb1525 on idempotency_key as permissive for select to notes_app
  using (true);

-- policy: idempotency_key reach_insert_7455676b
create policy reach_insert_7455676b on idempotency_key as permissive for insert to notes_app
  with check (true);

-- policy: idempotency_key reach_update_6be3c469
create policy reach_update_6be3c469 on idempotency_key as permissive for update to notes_app
  using (true)
  with check (true);

-- policy: audit_event reach_insert_7a219166
create policy reach_insert_7a219166 on audit_event as permissive for insert to notes_app
  with check (true);

-- policy: workspace operator
create policy operator on workspace as permissive for all to notes_owner
  using (true)
  with check (true);

-- policy: member operator
create policy operator on member as permissive for all to notes_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: idempotency_key operator
create policy operator on idempotency_key as permissive for all to notes_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event operator
create policy operator on audit_event as permissive for all to notes_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: notebook reach_select_91670b50
create policy reach_select_91670b50 on notebook as permissive for select to notes_app
  using ((select nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: notebook reach_insert_702deb1f
create policy reach_insert_702deb1f on notebook as permissive for insert to notes_app
  with check (nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);

-- policy: notebook reach_update_7bc2fa46
create policy reach_update_7bc2fa46 on notebook as permissive for update to notes_app
  using (notebook.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
         and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer'])
  with check (notebook.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
              and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);

-- policy: notebook reach_delete_de89f863
create policy reach_delete_de89f863 on notebook as permissive for delete to notes_app
  using (notebook.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
         and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);

-- policy: note reach_select_48a804a5
create policy reach_select_48a804a5 on note as permissive for select to notes_app
  using ((select nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: note reach_insert_f512d5ae
create policy reach_insert_f512d5ae on note as permissive for insert to notes_app
  with check (nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);

-- policy: note reach_update_b41e1bd5
create policy reach_update_b41e1bd5 on note as permissive for update to notes_app
  using (note.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
         and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer'])
  with check (note.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
              and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);

-- policy: note reach_delete_8b69d807
create policy reach_delete_8b69d807 on note as permissive for delete to notes_app
  using (note.owner_id = nullif(current_setting('app_9c1db7e5.member_id', true), '')::uuid
         and nullif(current_setting('app_9c1db7e5.roles', true), '')::text[] && array['writer']);
