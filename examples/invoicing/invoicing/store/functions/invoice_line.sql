-- The invoice lines, each with its JSON as text.
create or replace view invoice_line_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description,
  r.quantity, r.unit_price, r.tax_rate, r.amount, r.locked,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.invoice_id, r.owner_id, r."position", r.description,
           r.quantity::text as quantity, r.unit_price, r.tax_rate::text as tax_rate, r.amount,
           r.locked) json_) as json_
  from invoice_line r;

-- List invoice lines, newest first where `p_sort` is null.
create or replace function list_invoice_lines(p_tenant uuid, p_caller jsonb, p_parent uuid, p_limit integer,
  p_sort text, p_after text, p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text,
  out last_key text, out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'billing_worker', 'member', 'viewer']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  perform from invoice_row_ q where q.tenant_id = p_tenant and q.id = p_parent;
  if not found then outcome := 'not_found'; return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, r.json_ as body
        from invoice_line_row_ r where r.tenant_id = p_tenant and r.invoice_id = p_parent
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('invoice_line_row_', $q$r.json_$q$,
      $q$ and r.invoice_id = $7$q$,
      case ltrim(p_sort, '-') when 'position' then array['r."position"', 'bigint']
          else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters, p_parent;
  end if;
  outcome := 'ok';
end $$;

-- Create an invoice line.
create or replace function create_invoice_line(p_tenant uuid, p_caller jsonb, p_parent uuid, p_body jsonb, p_key text,
  p_fingerprint text, p_request text, out outcome text, out roles text[], out id uuid, out version bigint,
  out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, 'create_invoice_line', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  perform from invoice_row_ q where q.tenant_id = p_tenant and q.id = p_parent;
  if not found then outcome := 'not_found'; return; end if;
  insert into invoice_line_row_ as t (tenant_id, invoice_id, owner_id, "position", description, quantity, unit_price,
                                      tax_rate)
    values (p_tenant, p_parent, v_caller.member, (p_body ->> 'position')::bigint, p_body ->> 'description',
            (p_body ->> 'quantity')::numeric(9, 2), (p_body ->> 'unit_price')::bigint,
            (p_body ->> 'tax_rate')::numeric(5, 2))
    returning t.id, t.version, case when t.locked = false then t.json_ else outside_() end into id, version, body;
  if p_key is not null then
    perform remember_(v_caller, 'create_invoice_line', p_key, p_fingerprint, id, version, body);
  end if;
  outcome := record_(v_caller, 'create_invoice_line', 'invoice_line', id, version, p_body, p_request);
end $$;

-- Read an invoice line.
create or replace function read_invoice_line(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text,
  out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'billing_worker', 'member', 'viewer']);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, r.json_ into version, body from invoice_line_row_ r where r.tenant_id = p_tenant and r.id = p_id;
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change an invoice line that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_invoice_line(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_patch jsonb, p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  update_as_accountant boolean := v_caller.roles && array['accountant'];
  update_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  update invoice_line_row_ t set version = t.version + 1, updated_at = now(),
      "position" = case when p_patch ? 'position' then (p_patch ->> 'position')::bigint else t."position" end,
      description = case when p_patch ? 'description' then p_patch ->> 'description' else t.description end,
      quantity = case when p_patch ? 'quantity' then (p_patch ->> 'quantity')::numeric(9, 2) else t.quantity end,
      unit_price = case when p_patch ? 'unit_price' then (p_patch ->> 'unit_price')::bigint else t.unit_price end,
      tax_rate = case when p_patch ? 'tax_rate' then (p_patch ->> 'tax_rate')::numeric(5, 2) else t.tax_rate end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.locked = false and (update_as_accountant or (update_as_member and t.owner_id = v_caller.member))
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'invoice_line_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'update_invoice_line', 'invoice_line', p_id, version, p_patch, p_request);
end $$;

-- Delete an invoice line that is at one of the versions `p_match`.
create or replace function delete_invoice_line(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[],
  p_request text, out outcome text, out roles text[], out version bigint, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  delete_as_accountant boolean := v_caller.roles && array['accountant'];
  delete_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  delete from invoice_line_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.locked = false and (delete_as_accountant or (delete_as_member and t.owner_id = v_caller.member))
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'invoice_line_row_', p_id, p_match); return; end if;
  outcome := record_(v_caller, 'delete_invoice_line', 'invoice_line', p_id, version, '{}', p_request);
end $$;

-- Lets the caller begin an action on invoice lines, and locks the row that the hook then works on.
create or replace function invoice_line_begin_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid,
  p_match bigint[], p_key text, p_fingerprint text, out outcome text, out roles text[], out id uuid, out version bigint,
  out body text, out member_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, case when p_action = 'lock' then array['billing_worker'] end);
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case when p_key is null then 'idempotency_key_required' end);
  if outcome is not null then return; end if;
  select c.* into outcome, id, version, body from claim_(v_caller, p_action || '_invoice_line', p_key, p_fingerprint) c;
  if outcome is not null then return; end if;
  select t.version, t.json_ into version, body from invoice_line_row_ t
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.locked = false
    for update;
  if not found then outcome := missed_(v_caller, 'invoice_line_row_', p_id, p_match); return; end if;
  member_id := v_caller.member; outcome := 'ok';
end $$;

-- Writes what the hook of an action on invoice lines decided. Whether the caller may was decided at the beginning, in
-- this transaction.
create or replace function invoice_line_finish_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid,
  p_version bigint, p_changes jsonb, p_key text, p_fingerprint text, p_input text, p_request text, out outcome text,
  out id uuid, out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, '{}');
begin
  if p_changes - (case when p_action = 'lock' then array['amount', 'locked'] end) is distinct from '{}' then
    outcome := 'field_not_writable'; return;
  end if;
  update invoice_line_row_ t set version = t.version + 1, updated_at = now(),
      amount = case when p_changes ? 'amount' then (p_changes ->> 'amount')::bigint else t.amount end,
      locked = case when p_changes ? 'locked' then (p_changes ->> 'locked')::boolean else t.locked end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
    returning t.id, t.version, t.json_ into id, version, body;
  if not found then outcome := 'precondition_failed'; return; end if;
  perform remember_(v_caller, p_action || '_invoice_line', p_key, p_fingerprint, id, version, body);
  outcome := record_(v_caller, p_action || '_invoice_line', 'invoice_line', id, version, p_changes, p_request);
end $$;
