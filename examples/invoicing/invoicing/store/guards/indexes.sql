-- The indexes of filters, sorts and references, made while the service serves.

-- index: idempotency_key_expires_idx
create index concurrently if not exists idempotency_key_expires_idx on idempotency_key
  (expires_at);

-- index: usage_closing_due_idx
create index concurrently if not exists usage_closing_due_idx on usage_closing
  (due_at);

-- index: billing_request_due_idx
create index concurrently if not exists billing_request_due_idx on billing_request
  (due_at);

-- index: billing_request_reference_idx
create index concurrently if not exists billing_request_reference_idx on billing_request
  (tenant_id, reference);

-- index: webhook_delivery_due_idx
create index concurrently if not exists webhook_delivery_due_idx on webhook_delivery
  (due_at);

-- index: webhook_delivery_row_idx
create index concurrently if not exists webhook_delivery_row_idx on webhook_delivery
  (tenant_id, resource_id, endpoint_id, due_at);

-- index: outbox_message_due_idx
create index concurrently if not exists outbox_message_due_idx on outbox_message
  (due_at);

-- index: outbox_message_row_idx
create index concurrently if not exists outbox_message_row_idx on outbox_message
  (tenant_id, resource_id, due_at);

-- index: customer_newest_idx
create index concurrently if not exists customer_newest_idx on customer
  (tenant_id, created_at desc, id desc);

-- index: customer_name_sort_idx
create index concurrently if not exists customer_name_sort_idx on customer
  (tenant_id, name, id);

-- index: customer_name_prefix_idx
create index concurrently if not exists customer_name_prefix_idx on customer
  (tenant_id, name text_pattern_ops, created_at desc, id desc);

-- index: customer_email_idx
create index concurrently if not exists customer_email_idx on customer
  (tenant_id, email, created_at desc, id desc);

-- index: customer_region_idx
create index concurrently if not exists customer_region_idx on customer
  (tenant_id, region, created_at desc, id desc);

-- index: invoice_newest_idx
create index concurrently if not exists invoice_newest_idx on invoice
  (tenant_id, created_at desc, id desc);

-- index: invoice_owner_id_idx
create index concurrently if not exists invoice_owner_id_idx on invoice
  (tenant_id, owner_id, created_at desc, id desc);

-- index: invoice_number_sort_idx
create index concurrently if not exists invoice_number_sort_idx on invoice
  (tenant_id, number, id);

-- index: invoice_number_prefix_idx
create index concurrently if not exists invoice_number_prefix_idx on invoice
  (tenant_id, number text_pattern_ops, created_at desc, id desc);

-- index: invoice_customer_id_idx
create index concurrently if not exists invoice_customer_id_idx on invoice
  (tenant_id, customer_id, created_at desc, id desc);

-- index: invoice_region_idx
create index concurrently if not exists invoice_region_idx on invoice
  (tenant_id, region, created_at desc, id desc);

-- index: invoice_status_idx
create index concurrently if not exists invoice_status_idx on invoice
  (tenant_id, status, created_at desc, id desc);

-- index: invoice_issued_on_idx
create index concurrently if not exists invoice_issued_on_idx on invoice
  (tenant_id, issued_on, created_at desc, id desc);

-- index: invoice_due_on_sort_idx
create index concurrently if not exists invoice_due_on_sort_idx on invoice
  (tenant_id, due_on, id);

-- index: invoice_paid_at_idx
create index concurrently if not exists invoice_paid_at_idx on invoice
  (tenant_id, paid_at, created_at desc, id desc);

-- index: invoice_line_invoice_id_newest_idx
create index concurrently if not exists invoice_line_invoice_id_newest_idx on invoice_line
  (tenant_id, invoice_id, created_at desc, id desc);

-- index: invoice_line_owner_id_idx
create index concurrently if not exists invoice_line_owner_id_idx on invoice_line
  (tenant_id, owner_id, created_at desc, id desc);

-- index: invoice_line_invoice_id_position_sort_idx
create index concurrently if not exists invoice_line_invoice_id_position_sort_idx on invoice_line
  (tenant_id, invoice_id, "position", id);

-- index: payment_newest_idx
create index concurrently if not exists payment_newest_idx on payment
  (tenant_id, created_at desc, id desc);

-- index: payment_recorded_by_idx
create index concurrently if not exists payment_recorded_by_idx on payment
  (tenant_id, recorded_by, created_at desc, id desc);

-- index: payment_invoice_id_idx
create index concurrently if not exists payment_invoice_id_idx on payment
  (tenant_id, invoice_id, created_at desc, id desc);

-- index: payment_amount_idx
create index concurrently if not exists payment_amount_idx on payment
  (tenant_id, amount, created_at desc, id desc);

-- index: payment_method_idx
create index concurrently if not exists payment_method_idx on payment
  (tenant_id, method, created_at desc, id desc);

-- index: payment_received_on_sort_idx
create index concurrently if not exists payment_received_on_sort_idx on payment
  (tenant_id, received_on, id);

-- index: payment_provider_reference_idx
create index concurrently if not exists payment_provider_reference_idx on payment
  (tenant_id, provider_reference, created_at desc, id desc);

-- index: payment_status_idx
create index concurrently if not exists payment_status_idx on payment
  (tenant_id, status, created_at desc, id desc);

-- index: api_key_newest_idx
create index concurrently if not exists api_key_newest_idx on api_key
  (tenant_id, created_at desc, id desc);

-- index: api_key_member_id_idx
create index concurrently if not exists api_key_member_id_idx on api_key
  (tenant_id, member_id, created_at desc, id desc);

-- index: member_newest_idx
create index concurrently if not exists member_newest_idx on member
  (tenant_id, created_at desc, id desc);

-- index: member_issuer_idx
create index concurrently if not exists member_issuer_idx on member
  (tenant_id, issuer, created_at desc, id desc);

-- index: invitation_newest_idx
create index concurrently if not exists invitation_newest_idx on invitation
  (tenant_id, created_at desc, id desc);

-- index: invitation_invited_by_idx
create index concurrently if not exists invitation_invited_by_idx on invitation
  (tenant_id, invited_by, created_at desc, id desc);

-- index: webhook_endpoint_newest_idx
create index concurrently if not exists webhook_endpoint_newest_idx on webhook_endpoint
  (tenant_id, created_at desc, id desc);

-- index: webhook_delivery_newest_idx
create index concurrently if not exists webhook_delivery_newest_idx on webhook_delivery
  (tenant_id, created_at desc, id desc);

-- index: webhook_delivery_endpoint_id_idx
create index concurrently if not exists webhook_delivery_endpoint_id_idx on webhook_delivery
  (tenant_id, endpoint_id, created_at desc, id desc);

-- index: webhook_delivery_state_idx
create index concurrently if not exists webhook_delivery_state_idx on webhook_delivery
  (tenant_id, state, created_at desc, id desc);

-- index: billing_request_newest_idx
create index concurrently if not exists billing_request_newest_idx on billing_request
  (tenant_id, created_at desc, id desc);

-- index: billing_request_kind_idx
create index concurrently if not exists billing_request_kind_idx on billing_request
  (tenant_id, kind, created_at desc, id desc);

-- index: billing_request_state_idx
create index concurrently if not exists billing_request_state_idx on billing_request
  (tenant_id, state, created_at desc, id desc);
