-- Who reaches which rows. Row-level security is enabled and forced on every table: without a policy,
-- nothing is reached. A policy that is there already stays as it is.

-- policy: organization tenant_isolation
create policy tenant_isolation on organization as restrictive for all to invoicing_app
  using (id = current_setting('app.tenant_id', true)::uuid)
  with check (id = current_setting('app.tenant_id', true)::uuid);

-- policy: member tenant_isolation
create policy tenant_isolation on member as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: api_key tenant_isolation
create policy tenant_isolation on api_key as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: invitation tenant_isolation
create policy tenant_isolation on invitation as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: sign_up tenant_isolation
create policy tenant_isolation on sign_up as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
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
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: idempotency_key tenant_isolation
create policy tenant_isolation on idempotency_key as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: spending_ tenant_isolation
create policy tenant_isolation on spending_ as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: usage_ tenant_isolation
create policy tenant_isolation on usage_ as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: usage_closing tenant_isolation
create policy tenant_isolation on usage_closing as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: subscription tenant_isolation
create policy tenant_isolation on subscription as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: subscription_change tenant_isolation
create policy tenant_isolation on subscription_change as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: billing_request tenant_isolation
create policy tenant_isolation on billing_request as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: billing_event tenant_isolation
create policy tenant_isolation on billing_event as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_endpoint tenant_isolation
create policy tenant_isolation on webhook_endpoint as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_delivery tenant_isolation
create policy tenant_isolation on webhook_delivery as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: outbox_message tenant_isolation
create policy tenant_isolation on outbox_message as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event tenant_isolation
create policy tenant_isolation on audit_event as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: customer tenant_isolation
create policy tenant_isolation on customer as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: invoice tenant_isolation
create policy tenant_isolation on invoice as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: invoice_line tenant_isolation
create policy tenant_isolation on invoice_line as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: payment tenant_isolation
create policy tenant_isolation on payment as restrictive for all to invoicing_app
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
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

-- policy: spending_ reach_select_b798ada9
create policy reach_select_b798ada9 on spending_ as permissive for select to invoicing_app
  using (true);

-- policy: spending_ reach_insert_af28457a
create policy reach_insert_af28457a on spending_ as permissive for insert to invoicing_app
  with check (true);

-- policy: spending_ reach_update_842da774
create policy reach_update_842da774 on spending_ as permissive for update to invoicing_app
  using (true)
  with check (true);

-- policy: usage_ reach_select_e40c3d00
create policy reach_select_e40c3d00 on usage_ as permissive for select to invoicing_app
  using (true);

-- policy: usage_ reach_insert_028b8713
create policy reach_insert_028b8713 on usage_ as permissive for insert to invoicing_app
  with check (true);

-- policy: usage_ reach_update_ad9af676
create policy reach_update_ad9af676 on usage_ as permissive for update to invoicing_app
  using (true)
  with check (true);

-- policy: subscription reach_select_9efde183
create policy reach_select_9efde183 on subscription as permissive for select to invoicing_app
  using (true);

-- policy: subscription_change reach_insert_627e34c2
create policy reach_insert_627e34c2 on subscription_change as permissive for insert to invoicing_app
  with check (true);

-- policy: webhook_endpoint reach_select_60a2a843
create policy reach_select_60a2a843 on webhook_endpoint as permissive for select to invoicing_app
  using (true);

-- policy: webhook_delivery reach_insert_15bea436
create policy reach_insert_15bea436 on webhook_delivery as permissive for insert to invoicing_app
  with check (true);

-- policy: outbox_message reach_insert_74ea845f
create policy reach_insert_74ea845f on outbox_message as permissive for insert to invoicing_app
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

-- policy: spending_ operator
create policy operator on spending_ as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: usage_ operator
create policy operator on usage_ as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: usage_closing operator
create policy operator on usage_closing as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: subscription operator
create policy operator on subscription as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: subscription_change operator
create policy operator on subscription_change as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: billing_request operator
create policy operator on billing_request as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: billing_event operator
create policy operator on billing_event as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_endpoint operator
create policy operator on webhook_endpoint as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: webhook_delivery operator
create policy operator on webhook_delivery as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: outbox_message operator
create policy operator on outbox_message as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: audit_event operator
create policy operator on audit_event as permissive for all to invoicing_owner
  using (tenant_id = current_setting('app.tenant_id', true)::uuid)
  with check (tenant_id = current_setting('app.tenant_id', true)::uuid);

-- policy: customer reach_select_b34df20b
create policy reach_select_b34df20b on customer as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['analyst'])
             and customer.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_300fd8a0.attributes', true), '')::jsonb -> 'regions'))));

-- policy: customer reach_insert_bb8d6ccc
create policy reach_insert_bb8d6ccc on customer as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_update_40e4bd87
create policy reach_update_40e4bd87 on customer as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: customer reach_delete_7a10ca99
create policy reach_delete_7a10ca99 on customer as permissive for delete to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']);

-- policy: invoice reach_select_74ad67df
create policy reach_select_74ad67df on invoice as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['analyst'])
             and invoice.region = any
                     (select jsonb_array_elements_text(
                      nullif(current_setting('app_300fd8a0.attributes', true), '')::jsonb -> 'regions'))));

-- policy: invoice reach_insert_8abdeccf
create policy reach_insert_8abdeccf on invoice as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice.region = (select o.region from organization o
                                        where o.id = current_setting('app.tenant_id', true)::uuid)));

-- policy: invoice reach_update_01f13000
create policy reach_update_01f13000 on invoice as permissive for update to invoicing_app
  using ((nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
          and invoice.status = 'draft')
         or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
             and invoice.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid
             and invoice.status = 'draft')
         or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'billing_worker']
             and invoice.status = 'sent'))
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid
                  and invoice.status = 'draft'));

-- policy: invoice reach_delete_4baf5d4a
create policy reach_delete_4baf5d4a on invoice as permissive for delete to invoicing_app
  using (invoice.status = 'draft'
         and (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid)));

-- policy: invoice_line reach_select_2a5c8020
create policy reach_select_2a5c8020 on invoice_line as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant',
                                                                                          'billing_worker', 'member',
                                                                                          'viewer']));

-- policy: invoice_line reach_insert_f87fc549
create policy reach_insert_f87fc549 on invoice_line as permissive for insert to invoicing_app
  with check (invoice_line.locked = false
              and invoice_line.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid
              and nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: invoice_line reach_update_bfb18f9e
create policy reach_update_bfb18f9e on invoice_line as permissive for update to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'billing_worker']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid)))
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['billing_worker']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
                  and invoice_line.locked = false)
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice_line.locked = false
                  and invoice_line.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid));

-- policy: invoice_line reach_delete_ccd3d627
create policy reach_delete_ccd3d627 on invoice_line as permissive for delete to invoicing_app
  using (invoice_line.locked = false
         and (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['member']
                  and invoice_line.owner_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid)));

-- policy: payment reach_select_35d80925
create policy reach_select_35d80925 on payment as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member',
                                                                                          'viewer'])
         or ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) in ('development', 'staging')
             and payment.mode = 'test')
         or ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['billing_worker'])
             and (select current_setting('app.environment', true)) = 'production'
             and payment.mode = 'live'));

-- policy: payment reach_insert_386f6671
create policy reach_insert_386f6671 on payment as permissive for insert to invoicing_app
  with check ((nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['billing_worker']
               and (select current_setting('app.environment', true)) in ('development', 'staging')
               and payment.mode = 'test')
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['billing_worker']
                  and (select current_setting('app.environment', true)) = 'production'
                  and payment.mode = 'live')
              or (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']
                  and payment.method in ('bank_transfer', 'cash')
                  and payment.mode = 'live'));

-- policy: payment reach_update_b7634e3e
create policy reach_update_b7634e3e on payment as permissive for update to invoicing_app
  using (payment.status = 'received'
         and nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant']);

-- policy: api_key reach_insert_1240f7a1
create policy reach_insert_1240f7a1 on api_key as permissive for insert to invoicing_app
  with check (api_key.member_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid
              and nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: api_key reach_update_d41e9075
create policy reach_update_d41e9075 on api_key as permissive for update to invoicing_app
  using (api_key.member_id = nullif(current_setting('app_300fd8a0.member_id', true), '')::uuid
         and nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['accountant', 'member']);

-- policy: member reach_update_bf989e8d
create policy reach_update_bf989e8d on member as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_select_a844a471
create policy reach_select_a844a471 on invitation as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']));

-- policy: invitation reach_insert_cf6641fa
create policy reach_insert_cf6641fa on invitation as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: invitation reach_update_430798b6
create policy reach_update_430798b6 on invitation as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: webhook_endpoint reach_insert_c519bac2
create policy reach_insert_c519bac2 on webhook_endpoint as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: webhook_endpoint reach_update_9743cdc4
create policy reach_update_9743cdc4 on webhook_endpoint as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: webhook_endpoint reach_delete_e2aa040d
create policy reach_delete_e2aa040d on webhook_endpoint as permissive for delete to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: webhook_delivery reach_select_860f3471
create policy reach_select_860f3471 on webhook_delivery as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']));

-- policy: webhook_delivery reach_update_93cc0d79
create policy reach_update_93cc0d79 on webhook_delivery as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: organization reach_update_7217ee58
create policy reach_update_7217ee58 on organization as permissive for update to invoicing_app
  using (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator'])
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: billing_request reach_select_f4e5b516
create policy reach_select_f4e5b516 on billing_request as permissive for select to invoicing_app
  using ((select nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']));

-- policy: billing_request reach_insert_b84779ca
create policy reach_insert_b84779ca on billing_request as permissive for insert to invoicing_app
  with check (nullif(current_setting('app_300fd8a0.roles', true), '')::text[] && array['administrator']);

-- policy: usage_ work_select
create policy work_select on usage_ as permissive for select to invoicing_worker
  using (true);

-- policy: usage_closing work_select
create policy work_select on usage_closing as permissive for select to invoicing_worker
  using (true);

-- policy: usage_closing work_insert
create policy work_insert on usage_closing as permissive for insert to invoicing_worker
  with check (true);

-- policy: usage_closing work_update
create policy work_update on usage_closing as permissive for update to invoicing_worker
  using (true)
  with check (true);

-- policy: billing_request work_select
create policy work_select on billing_request as permissive for select to invoicing_worker
  using (true);

-- policy: billing_request work_insert
create policy work_insert on billing_request as permissive for insert to invoicing_worker
  with check (kind = 'refresh' and plan is null and price is null);

-- policy: billing_request work_update
create policy work_update on billing_request as permissive for update to invoicing_worker
  using (true)
  with check (true);

-- policy: webhook_account work_select
create policy work_select on webhook_account as permissive for select to invoicing_worker
  using (provider = 'stripe');

-- policy: webhook_account work_insert
create policy work_insert on webhook_account as permissive for insert to invoicing_worker
  with check (provider = 'stripe');

-- policy: billing_event work_insert
create policy work_insert on billing_event as permissive for insert to invoicing_worker
  with check (event_id like 'asked %');

-- policy: webhook_endpoint work_select
create policy work_select on webhook_endpoint as permissive for select to invoicing_worker
  using (true);

-- policy: webhook_delivery work_select
create policy work_select on webhook_delivery as permissive for select to invoicing_worker
  using (true);

-- policy: webhook_delivery work_update
create policy work_update on webhook_delivery as permissive for update to invoicing_worker
  using (true)
  with check (true);

-- policy: outbox_message work_select
create policy work_select on outbox_message as permissive for select to invoicing_worker
  using (true);

-- policy: outbox_message work_update
create policy work_update on outbox_message as permissive for update to invoicing_worker
  using (true)
  with check (true);

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

-- policy: customer reach_select_48f58950
create policy reach_select_48f58950 on customer as permissive for select to invoicing_owner
  using (tenant_id = (select current_setting('app.tenant_id', true)::uuid));

-- policy: subscription reach_insert_d1687008
create policy reach_insert_d1687008 on subscription as permissive for insert to invoicing_app
  with check (plan = 'team'
              and state = 'trialing'
              and trial_ends_at <= now() + interval '14 days'
              and exists (select from organization o where o.id = subscription.tenant_id and o.created_at = now()));

-- policy: billing_event reach_insert_58e7b98b
create policy reach_insert_58e7b98b on billing_event as permissive for insert to invoicing_app
  with check ((select current_setting('app.webhook', true)) = 'stripe'
              and event_id = (select current_setting('app.webhook_event', true))
              and kind <> 'base');
