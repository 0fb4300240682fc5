-- Who reaches which rows. Row-level security is enabled and forced on every table: without a policy,
-- nothing is reached. A policy that is there already stays as it is.

-- policy: workspace tenant_isolation
create policy tenant_isolation on workspace as restrictive for all to notes_app
  using (id = (select current_setting('app.tenant_id', true)::uuid))
  with check (id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: member tenant_isolation
create policy tenant_isolation on member as restrictive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key tenant_isolation
create policy tenant_isolation on idempotency_key as restrictive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: audit_event tenant_isolation
create policy tenant_isolation on audit_event as restrictive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: notebook tenant_isolation
create policy tenant_isolation on notebook as restrictive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: note tenant_isolation
create policy tenant_isolation on note as restrictive for all to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: workspace reach_select_0c36015e
create policy reach_select_0c36015e on workspace as permissive for select to notes_app
  using (id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: member reach_select_879bc0b2
create policy reach_select_879bc0b2 on member as permissive for select to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_select_24d9c0b8
create policy reach_select_24d9c0b8 on idempotency_key as permissive for select to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_insert_72c69d88
create policy reach_insert_72c69d88 on idempotency_key as permissive for insert to notes_app
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_update_23386f0e
create policy reach_update_23386f0e on idempotency_key as permissive for update to notes_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: audit_event reach_insert_046fa4a9
create policy reach_insert_046fa4a9 on audit_event as permissive for insert to notes_app
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: notebook reach_select_2ee5b742
create policy reach_select_2ee5b742 on notebook as permissive for select to notes_app
  using ((select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: notebook reach_insert_e68e0280
create policy reach_insert_e68e0280 on notebook as permissive for insert to notes_app
  with check ((select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));

-- policy: notebook reach_update_0a1453c4
create policy reach_update_0a1453c4 on notebook as permissive for update to notes_app
  using (notebook.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
         and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']))
  with check (notebook.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
              and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));

-- policy: notebook reach_delete_7fbdc64e
create policy reach_delete_7fbdc64e on notebook as permissive for delete to notes_app
  using (notebook.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
         and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));

-- policy: note reach_select_99ac6449
create policy reach_select_99ac6449 on note as permissive for select to notes_app
  using ((select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: note reach_insert_89469b14
create policy reach_insert_89469b14 on note as permissive for insert to notes_app
  with check ((select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));

-- policy: note reach_update_b523485e
create policy reach_update_b523485e on note as permissive for update to notes_app
  using (note.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
         and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']))
  with check (note.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
              and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));

-- policy: note reach_delete_da9ea9f3
create policy reach_delete_da9ea9f3 on note as permissive for delete to notes_app
  using (note.owner_id = (select nullif(current_setting('app_6203a97e.member_id', true), '')::uuid)
         and (select nullif(current_setting('app_6203a97e.roles', true), '')::text[] && array['writer']));
