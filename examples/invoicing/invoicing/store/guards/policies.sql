-- Who reaches which rows. Row-level security is enabled and forced on every table: without a policy,
-- nothing is reached. A policy that is there already stays as it is.

-- policy: organization tenant_isolation
create policy tenant_isolation on organization as restrictive for all to invoicing_app
  using (id = (select current_setting('app.tenant_id', true)::uuid))
  with check (id = current_setting('app.tenant_id', true)::uuid);

-- policy: member tenant_isolation
create policy tenant_isolation on member as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: api_key tenant_isolation
create policy tenant_isolation on api_key as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: idempotency_key tenant_isolation
create policy tenant_isolation on idempotency_key as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event tenant_isolation
create policy tenant_isolation on audit_event as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: customer tenant_isolation
create policy tenant_isolation on customer as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: invoice tenant_isolation
create policy tenant_isolation on invoice as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: invoice_line tenant_isolation
create policy tenant_isolation on invoice_line as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: payment tenant_isolation
create policy tenant_isolation on payment as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: organization reach_select_2644842c
create policy reach_select_2644842c on organization as permissive for select to invoicing_app
  using (true);

-- policy: member reach_select_2be75620
create policy reach_select_2be75620 on member as permissive for select to invoicing_app
  using (true);

-- policy: api_key reach_select_8d7d2850
create policy reach_select_8d7d2850 on api_key as permissive for select to invoicing_app
  using (true);

-- policy: api_key reach_update_0afa4a18
create policy reach_update_0afa4a18 on api_key as permissive for update to invoicing_app
  using (id = nullif(current_setting('app.api_key_id', true), '')::uuid)
  with check (id = nullif(current_setting('app.api_key_id', true), '')::uuid);

-- policy: idempotency_key reach_select_a7cb1525
create policy reach_select_a7cb1525 on idempotency_key as permissive for select to invoicing_app
  using (true);

-- policy: idempotency_key reach_insert_7455676b
create policy reach_insert_7455676b on idempotency_key as permissive for insert to invoicing_app
  with check (true);

-- policy: idempotency_key reach_update_6be3c469
create policy reach_update_6be3c469 on idempotency_key as permissive for update to invoicing_app
  using (true)
  with check (true);

-- policy: audit_event reach_insert_7a219166
create policy reach_insert_7a219166 on audit_event as permissive for insert to invoicing_app
  with check (true);

-- policy: organization operator
create policy operator on organization as permissive for all to invoicing_owner
  using (true)
  with check (true);

-- policy: member operator
create policy operator on member as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: api_key operator
create policy operator on api_key as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: idempotency_key operator
create policy operator on idempotency_key as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event operator
create policy operator on audit_event as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: customer reach_select_91ba7339
create policy reach_select_91ba7339 on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_128b6e5a.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_f4d4025c
create policy reach_insert_f4d4025c on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_d65fed63
create policy reach_update_d65fed63 on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_0d0c2b76
create policy reach_delete_0d0c2b76 on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_db535079
create policy reach_select_db535079 on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_128b6e5a.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_7218f38f
create policy reach_insert_7218f38f on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_5bc965a0
create policy reach_update_5bc965a0 on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent')
         or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
             and (select o.region from organization o where o.id = current_setting('app.tenant_id', true)::uuid) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                        and invoice.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid)))
              or nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker']);

-- policy: invoice reach_delete_63abf7ee
create policy reach_delete_63abf7ee on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_d2635fd0
create policy reach_select_d2635fd0 on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_8ed4b6f2
create policy reach_insert_8ed4b6f2 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid
              and nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_85d2c14c
create policy reach_update_85d2c14c on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid)))
  with check ((invoice_line.locked = false
               and (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                        and invoice_line.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid)))
              or nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['billing_worker']);

-- policy: invoice_line reach_delete_e503144c
create policy reach_delete_e503144c on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid)));

-- policy: payment reach_select_653ede4f
create policy reach_select_653ede4f on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_817831bd
create policy reach_insert_817831bd on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_89649b82
create policy reach_update_89649b82 on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant']);

-- policy: api_key reach_insert_bfa68ee7
create policy reach_insert_bfa68ee7 on api_key as permissive for insert to invoicing_app
  with check (api_key.member_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid
              and nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: api_key reach_update_4b9be5c2
create policy reach_update_4b9be5c2 on api_key as permissive for update to invoicing_app
  using (api_key.member_id = nullif(current_setting('app_128b6e5a.member_id', true), '')::uuid
         and nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: member reach_update_d8e5f770
create policy reach_update_d8e5f770 on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['administrator']);

-- policy: organization reach_update_457fb49e
create policy reach_update_457fb49e on organization as permissive for update to invoicing_app
  using (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_128b6e5a.roles', true), '')::text[] && array['administrator']);
