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

-- policy: invitation tenant_isolation
create policy tenant_isolation on invitation as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: sign_up tenant_isolation
create policy tenant_isolation on sign_up as restrictive for all to invoicing_app
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

-- policy: sign_up reach_select_7f182bd2
create policy reach_select_7f182bd2 on sign_up as permissive for select to invoicing_app
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

-- policy: invitation operator
create policy operator on invitation as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: sign_up operator
create policy operator on sign_up as permissive for all to invoicing_owner
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

-- policy: customer reach_select_0a013a00
create policy reach_select_0a013a00 on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_33e19d18.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_fbf1c56f
create policy reach_insert_fbf1c56f on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_70d62b0f
create policy reach_update_70d62b0f on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_bb89df23
create policy reach_delete_bb89df23 on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_0fbd0fc5
create policy reach_select_0fbd0fc5 on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_33e19d18.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_e7ea63bc
create policy reach_insert_e7ea63bc on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_53069865
create policy reach_update_53069865 on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent')
         or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
             and (select o.region from organization o where o.id = current_setting('app.tenant_id', true)::uuid) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                        and invoice.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid)))
              or nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker']);

-- policy: invoice reach_delete_e6fa3daf
create policy reach_delete_e6fa3daf on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_e8db660f
create policy reach_select_e8db660f on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_eb6bce18
create policy reach_insert_eb6bce18 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid
              and nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_55b90ec7
create policy reach_update_55b90ec7 on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid)))
  with check ((invoice_line.locked = false
               and (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                        and invoice_line.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid)))
              or nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['billing_worker']);

-- policy: invoice_line reach_delete_7ce2eecd
create policy reach_delete_7ce2eecd on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_33e19d18.member_id', true), '')::uuid)));

-- policy: payment reach_select_cbfbbad4
create policy reach_select_cbfbbad4 on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_74cfe4b4
create policy reach_insert_74cfe4b4 on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_b55f40a9
create policy reach_update_b55f40a9 on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['accountant']);

-- policy: member reach_update_e08e5a3f
create policy reach_update_e08e5a3f on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_select_c49cdb78
create policy reach_select_c49cdb78 on invitation as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator']));

-- policy: invitation reach_insert_8361991e
create policy reach_insert_8361991e on invitation as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_update_a0662bf5
create policy reach_update_a0662bf5 on invitation as permissive for update to invoicing_app
  using (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator']);

-- policy: organization reach_update_7dac4275
create policy reach_update_7dac4275 on organization as permissive for update to invoicing_app
  using (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_33e19d18.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_select_ae1052ed
create policy reach_select_ae1052ed on invitation as permissive for select to invoicing_app
  using (digest = current_setting('app.invitation', true));

-- policy: invitation reach_update_67bec49a
create policy reach_update_67bec49a on invitation as permissive for update to invoicing_app
  using (digest = current_setting('app.invitation', true))
  with check (digest = current_setting('app.invitation', true));

-- policy: member reach_insert_3864455d
create policy reach_insert_3864455d on member as permissive for insert to invoicing_app
  with check (kind = 'human'
              and exists (select from invitation i where i.tenant_id = member.tenant_id and i.accepted_by = member.id and i.accepted_at = now() and i.roles = member.roles and i.digest = current_setting('app.invitation', true)));

-- policy: sign_up reach_insert_966c2a1e
create policy reach_insert_966c2a1e on sign_up as permissive for insert to invoicing_app
  with check (number between 1 and 3);

-- policy: organization reach_insert_2553add5
create policy reach_insert_2553add5 on organization as permissive for insert to invoicing_app
  with check (created_at = now() and exists (select from sign_up s where s.tenant_id = organization.id));

-- policy: member reach_insert_e6439576
create policy reach_insert_e6439576 on member as permissive for insert to invoicing_app
  with check (kind = 'human'
              and roles = array['administrator']
              and exists (select from organization o where o.id = member.tenant_id and o.created_at = now()));
