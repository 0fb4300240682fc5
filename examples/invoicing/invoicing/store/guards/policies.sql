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

-- policy: customer reach_select_9b613fda
create policy reach_select_9b613fda on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_66a4cb64.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_2cc6428e
create policy reach_insert_2cc6428e on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_d18ebc96
create policy reach_update_d18ebc96 on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_821d2b7c
create policy reach_delete_821d2b7c on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_f79c3f8c
create policy reach_select_f79c3f8c on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_66a4cb64.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_52944e53
create policy reach_insert_52944e53 on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_ec73b919
create policy reach_update_ec73b919 on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent')
         or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
             and (select o.region from organization o where o.id = current_setting('app.tenant_id', true)::uuid) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                        and invoice.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid)))
              or nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker']);

-- policy: invoice reach_delete_17ae6967
create policy reach_delete_17ae6967 on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_57819ef4
create policy reach_select_57819ef4 on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_2c7af5d6
create policy reach_insert_2c7af5d6 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid
              and nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_660b55f3
create policy reach_update_660b55f3 on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid)))
  with check ((invoice_line.locked = false
               and (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                        and invoice_line.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid)))
              or nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['billing_worker']);

-- policy: invoice_line reach_delete_bef6f681
create policy reach_delete_bef6f681 on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid)));

-- policy: payment reach_select_97473a2d
create policy reach_select_97473a2d on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_d738290f
create policy reach_insert_d738290f on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_a48d6df1
create policy reach_update_a48d6df1 on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant']);

-- policy: api_key reach_insert_3e824872
create policy reach_insert_3e824872 on api_key as permissive for insert to invoicing_app
  with check (api_key.member_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid
              and nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: api_key reach_update_8dd2ab8f
create policy reach_update_8dd2ab8f on api_key as permissive for update to invoicing_app
  using (api_key.member_id = nullif(current_setting('app_66a4cb64.member_id', true), '')::uuid
         and nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: member reach_update_65e947ed
create policy reach_update_65e947ed on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_66a4cb64.roles', true), '')::text[] && array['administrator']);
