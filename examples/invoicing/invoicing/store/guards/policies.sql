-- Who reaches which rows. Row-level security is enabled and forced on every table: without a policy,
-- nothing is reached. A policy that is there already stays as it is.

-- policy: organization tenant_isolation
create policy tenant_isolation on organization as restrictive for all to invoicing_app
  using (id = (select current_setting('app.tenant_id', true)::uuid))
  with check (id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: member tenant_isolation
create policy tenant_isolation on member as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key tenant_isolation
create policy tenant_isolation on idempotency_key as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: audit_event tenant_isolation
create policy tenant_isolation on audit_event as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: customer tenant_isolation
create policy tenant_isolation on customer as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: invoice tenant_isolation
create policy tenant_isolation on invoice as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: invoice_line tenant_isolation
create policy tenant_isolation on invoice_line as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: payment tenant_isolation
create policy tenant_isolation on payment as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: organization reach_select_0172464b
create policy reach_select_0172464b on organization as permissive for select to invoicing_app
  using (id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: member reach_select_879bc0b2
create policy reach_select_879bc0b2 on member as permissive for select to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_select_24d9c0b8
create policy reach_select_24d9c0b8 on idempotency_key as permissive for select to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_insert_72c69d88
create policy reach_insert_72c69d88 on idempotency_key as permissive for insert to invoicing_app
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: idempotency_key reach_update_23386f0e
create policy reach_update_23386f0e on idempotency_key as permissive for update to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: audit_event reach_insert_046fa4a9
create policy reach_insert_046fa4a9 on audit_event as permissive for insert to invoicing_app
  with check (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: customer reach_select_214d071b
create policy reach_select_214d071b on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['analyst'])
             and customer.region = any (select jsonb_array_elements_text(
                     nullif(current_setting('app_b071987b.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_c4622a51
create policy reach_insert_c4622a51 on customer as permissive for insert to invoicing_app
  with check ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                               'member']));

-- policy: customer reach_update_651cd7f3
create policy reach_update_651cd7f3 on customer as permissive for update to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant', 'member']))
  with check ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                               'member']));

-- policy: customer reach_delete_aac9f2bf
create policy reach_delete_aac9f2bf on customer as permissive for delete to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant']));

-- policy: invoice reach_select_09ad9d36
create policy reach_select_09ad9d36 on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any (select jsonb_array_elements_text(
                     nullif(current_setting('app_b071987b.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_1fdb0634
create policy reach_insert_1fdb0634 on invoice as permissive for insert to invoicing_app
  with check ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                  and invoice.region = (select o.region from organization o
                          where o.id = (select current_setting('app.tenant_id', true)::uuid))));

-- policy: invoice reach_update_142007d9
create policy reach_update_142007d9 on invoice as permissive for update to invoicing_app
  using (((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
          and invoice.status = 'draft')
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
             and invoice.owner_id = (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid)
             and invoice.status = 'draft')
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                              'billing_worker'])
             and invoice.status = 'sent')
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
             and (select o.region from organization o
                     where o.id = (select current_setting('app.tenant_id', true)::uuid)) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
                    or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                        and invoice.owner_id =
                                (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid))))
              or (select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                                  'billing_worker']));

-- policy: invoice reach_delete_113921ab
create policy reach_delete_113921ab on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                  and invoice.owner_id = (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid))));

-- policy: invoice_line reach_select_36d8eb0c
create policy reach_select_36d8eb0c on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_18fb8104
create policy reach_insert_18fb8104 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid)
              and (select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                                   'member']));

-- policy: invoice_line reach_update_ae774b17
create policy reach_update_ae774b17 on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant',
                                                                                               'billing_worker'])
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                  and invoice_line.owner_id =
                          (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid))))
  with check ((invoice_line.locked = false
               and ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
                    or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                        and invoice_line.owner_id =
                                (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid))))
              or (select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['billing_worker']));

-- policy: invoice_line reach_delete_03c7b3a3
create policy reach_delete_03c7b3a3 on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['member'])
                  and invoice_line.owner_id =
                          (select nullif(current_setting('app_b071987b.member_id', true), '')::uuid))));

-- policy: payment reach_select_78f290ae
create policy reach_select_78f290ae on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_757f6503
create policy reach_insert_757f6503 on payment as permissive for insert to invoicing_app
  with check (((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['billing_worker'])
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['billing_worker'])
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant'])
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_13a40e2f
create policy reach_update_13a40e2f on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and (select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant']))
  with check ((select nullif(current_setting('app_b071987b.roles', true), '')::text[] && array['accountant']));
