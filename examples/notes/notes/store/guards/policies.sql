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

-- policy: notebook reach_select_c7a4ffbb
create policy reach_select_c7a4ffbb on notebook as permissive for select to notes_app
  using ((select nullif(current_setting('app.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: notebook reach_insert_2ba1da68
create policy reach_insert_2ba1da68 on notebook as permissive for insert to notes_app
  with check ((select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));

-- policy: notebook reach_update_03b5afbc
create policy reach_update_03b5afbc on notebook as permissive for update to notes_app
  using (notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
         and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']))
  with check (notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
              and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));

-- policy: notebook reach_delete_47156921
create policy reach_delete_47156921 on notebook as permissive for delete to notes_app
  using (notebook.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
         and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));

-- policy: note reach_select_0b2f06a9
create policy reach_select_0b2f06a9 on note as permissive for select to notes_app
  using ((select nullif(current_setting('app.roles', true), '')::text[] && array['reader', 'writer']));

-- policy: note reach_insert_38b99c51
create policy reach_insert_38b99c51 on note as permissive for insert to notes_app
  with check ((select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));

-- policy: note reach_update_2fab691a
create policy reach_update_2fab691a on note as permissive for update to notes_app
  using (note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
         and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']))
  with check (note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
              and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));

-- policy: note reach_delete_7e88821c
create policy reach_delete_7e88821c on note as permissive for delete to notes_app
  using (note.owner_id = (select nullif(current_setting('app.member_id', true), '')::uuid)
         and (select nullif(current_setting('app.roles', true), '')::text[] && array['writer']));
