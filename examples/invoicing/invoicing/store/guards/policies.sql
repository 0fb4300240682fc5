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

-- policy: idempotency_key operator
create policy operator on idempotency_key as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event operator
create policy operator on audit_event as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: customer reach_select_eea99c91
create policy reach_select_eea99c91 on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_e82a3544.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_1ff5cfe5
create policy reach_insert_1ff5cfe5 on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_0eb69a0e
create policy reach_update_0eb69a0e on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_52f92ec0
create policy reach_delete_52f92ec0 on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_e97505c0
create policy reach_select_e97505c0 on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_e82a3544.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_4c5157df
create policy reach_insert_4c5157df on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_c9e71bbf
create policy reach_update_c9e71bbf on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent')
         or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
             and (select o.region from organization o where o.id = current_setting('app.tenant_id', true)::uuid) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                        and invoice.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid)))
              or nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker']);

-- policy: invoice reach_delete_195a4c9c
create policy reach_delete_195a4c9c on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_86a32713
create policy reach_select_86a32713 on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_aa2ab644
create policy reach_insert_aa2ab644 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid
              and nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_396f0486
create policy reach_update_396f0486 on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid)))
  with check ((invoice_line.locked = false
               and (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                        and invoice_line.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid)))
              or nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['billing_worker']);

-- policy: invoice_line reach_delete_e515363f
create policy reach_delete_e515363f on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_e82a3544.member_id', true), '')::uuid)));

-- policy: payment reach_select_36686aa1
create policy reach_select_36686aa1 on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_0167fb3c
create policy reach_insert_0167fb3c on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_68464600
create policy reach_update_68464600 on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['accountant']);

-- policy: member reach_update_897f7874
create policy reach_update_897f7874 on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['administrator']);

-- policy: organization reach_update_f87cea10
create policy reach_update_f87cea10 on organization as permissive for update to invoicing_app
  using (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_e82a3544.roles', true), '')::text[] && array['administrator']);
