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

-- policy: invitation tenant_isolation
create policy tenant_isolation on invitation as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: sign_up tenant_isolation
create policy tenant_isolation on sign_up as restrictive for all to invoicing_app
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid))
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_account tenant_isolation
create policy tenant_isolation on webhook_account as restrictive for all to invoicing_app
  using (provider = (select current_setting('app.webhook', true))
         and account = (select current_setting('app.webhook_account', true)))
  with check (provider = (select current_setting('app.webhook', true))
              and account = (select current_setting('app.webhook_account', true)));

-- policy: webhook_event tenant_isolation
create policy tenant_isolation on webhook_event as restrictive for all to invoicing_app
  using (provider = (select current_setting('app.webhook', true))
         and event_id = (select current_setting('app.webhook_event', true)))
  with check (provider = (select current_setting('app.webhook', true))
              and event_id = (select current_setting('app.webhook_event', true)));

-- policy: webhook_order tenant_isolation
create policy tenant_isolation on webhook_order as restrictive for all to invoicing_app
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

-- policy: sign_up reach_select_7f182bd2
create policy reach_select_7f182bd2 on sign_up as permissive for select to invoicing_app
  using (true);

-- policy: webhook_account reach_select_e19434f4
create policy reach_select_e19434f4 on webhook_account as permissive for select to invoicing_app
  using (true);

-- policy: webhook_event reach_select_6b8ca8eb
create policy reach_select_6b8ca8eb on webhook_event as permissive for select to invoicing_app
  using (true);

-- policy: webhook_event reach_insert_feedc8f9
create policy reach_insert_feedc8f9 on webhook_event as permissive for insert to invoicing_app
  with check (true);

-- policy: webhook_event reach_update_7ba217d5
create policy reach_update_7ba217d5 on webhook_event as permissive for update to invoicing_app
  using (true)
  with check (true);

-- policy: webhook_order reach_select_2cf0cb96
create policy reach_select_2cf0cb96 on webhook_order as permissive for select to invoicing_app
  using (true);

-- policy: webhook_order reach_insert_79b71255
create policy reach_insert_79b71255 on webhook_order as permissive for insert to invoicing_app
  with check (true);

-- policy: webhook_order reach_update_552a61e9
create policy reach_update_552a61e9 on webhook_order as permissive for update to invoicing_app
  using (true)
  with check (true);

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

-- policy: invitation operator
create policy operator on invitation as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: sign_up operator
create policy operator on sign_up as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_account operator
create policy operator on webhook_account as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_event operator
create policy operator on webhook_event as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid or tenant_id is null)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid or tenant_id is null);

-- policy: webhook_order operator
create policy operator on webhook_order as permissive for all to invoicing_owner
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

-- policy: customer reach_select_8dded379
create policy reach_select_8dded379 on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_2cc33dc2.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_e6b1c90b
create policy reach_insert_e6b1c90b on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_c5b95543
create policy reach_update_c5b95543 on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_40f5af9f
create policy reach_delete_40f5af9f on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_e880e12d
create policy reach_select_e880e12d on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_2cc33dc2.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_a191d659
create policy reach_insert_a191d659 on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_8ef6d8b5
create policy reach_update_8ef6d8b5 on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent')
         or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
             and (select o.region from organization o where o.id = current_setting('app.tenant_id', true)::uuid) = 'eu'
             and invoice.status = 'sent'))
  with check ((invoice.status = 'draft'
               and (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                        and invoice.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid)))
              or nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker']);

-- policy: invoice reach_delete_902673c5
create policy reach_delete_902673c5 on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_075f3220
create policy reach_select_075f3220 on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_add21d0e
create policy reach_insert_add21d0e on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid
              and nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_3f8b736a
create policy reach_update_3f8b736a on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid)))
  with check ((invoice_line.locked = false
               and (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
                    or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                        and invoice_line.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid)))
              or nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['billing_worker']);

-- policy: invoice_line reach_delete_dd8b35a2
create policy reach_delete_dd8b35a2 on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid)));

-- policy: payment reach_select_1a33b6b0
create policy reach_select_1a33b6b0 on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_14ceabc4
create policy reach_insert_14ceabc4 on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_8f68e045
create policy reach_update_8f68e045 on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant']);

-- policy: api_key reach_insert_34e84218
create policy reach_insert_34e84218 on api_key as permissive for insert to invoicing_app
  with check (api_key.member_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid
              and nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: api_key reach_update_effa995a
create policy reach_update_effa995a on api_key as permissive for update to invoicing_app
  using (api_key.member_id = nullif(current_setting('app_2cc33dc2.member_id', true), '')::uuid
         and nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: member reach_update_aa8d0a94
create policy reach_update_aa8d0a94 on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_select_54841d27
create policy reach_select_54841d27 on invitation as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator']));

-- policy: invitation reach_insert_f8bb97f2
create policy reach_insert_f8bb97f2 on invitation as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_update_a025af5d
create policy reach_update_a025af5d on invitation as permissive for update to invoicing_app
  using (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator']);

-- policy: organization reach_update_df207d5a
create policy reach_update_df207d5a on organization as permissive for update to invoicing_app
  using (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_2cc33dc2.roles', true), '')::text[] && array['administrator']);

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
              and exists (select from invitation i where i.tenant_id = member.tenant_id
                          and i.accepted_by = member.id
                          and i.accepted_at = now()
                          and i.roles = member.roles
                          and i.digest = current_setting('app.invitation', true)));

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
