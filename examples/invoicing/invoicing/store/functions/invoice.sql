-- The invoices, each with its JSON as text.
create or replace view invoice_row_ with (security_invoker = true) as select
  r.tenant_id, r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.title, r.customer_id, r.region,
  r.status, r.total, r.issued_on, r.due_on, r.paid_at, r.network_id,
  (select row_to_json(json_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status,
           r.total, r.issued_on, r.due_on, r.paid_at, r.network_id, r.title) json_) as json_,
  left((select row_to_json(open_)::text from (
    select r.id, r.version, r.created_at, r.updated_at, r.owner_id, r.number, r.customer_id, r.region, r.status,
           r.total, r.issued_on, r.due_on, r.paid_at, r.network_id) open_), -1) as open_
  from invoice r;

-- List invoices, newest first where `p_sort` is null.
create or replace function list_invoices(p_tenant uuid, p_caller jsonb, p_limit integer, p_sort text, p_after text,
  p_after_id uuid, p_filters jsonb, out outcome text, out roles text[], out body text, out last_key text,
  out last_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer']);
  list_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  list_as_analyst boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_sort is null and p_filters is null then
    select array_to_string((array_agg(p.body))[:p_limit], ','),
      case when count(*) > p_limit then (array_agg(p.key))[p_limit]::text end,
      case when count(*) > p_limit then (array_agg(p.id))[p_limit] end into body, last_key, last_id from (
      select r.id, r.created_at as key, case when see_any then r.json_ else r.open_ || '}' end as body
        from invoice_row_ r where r.tenant_id = p_tenant
          and (list_any or (list_as_analyst and r.region = any (v_caller.user_regions)))
          and (r.created_at, r.id) < (coalesce(p_after::timestamptz, 'infinity'), p_after_id)
        order by r.created_at desc, r.id desc limit p_limit + 1) p;
  else
    execute page_('invoice_row_', $q$case when $9 then r.json_ else r.open_ || '}' end$q$, concat(
      $q$ and ($7 or ($8 and r.region = any (($2).user_regions)))$q$,
      case when p_filters ? 'number' then $q$ and r.number = $6 ->> 'number'$q$ end,
      case when p_filters ? 'number.prefix' then $q$ and r.number ~>=~ ($6 ->> 'number.prefix')
        and r.number ~<~ (($6 ->> 'number.prefix') || U&'\+10FFFF')$q$ end,
      case when p_filters ? 'customer_id' then $q$ and r.customer_id = ($6 ->> 'customer_id')::uuid$q$ end,
      case when p_filters ? 'customer_id.in' then $q$ and r.customer_id = any
          (array(select jsonb_array_elements_text($6 -> 'customer_id.in'))::uuid[])$q$ end,
      case when p_filters ? 'region' then $q$ and r.region = $6 ->> 'region'$q$ end,
      case when p_filters ? 'status' then $q$ and r.status = $6 ->> 'status'$q$ end,
      case when p_filters ? 'status.in' then $q$ and r.status = any
          (array(select jsonb_array_elements_text($6 -> 'status.in')))$q$ end,
      case when p_filters ? 'issued_on.gte' then $q$ and r.issued_on >= ($6 ->> 'issued_on.gte')::date$q$ end,
      case when p_filters ? 'issued_on.lte' then $q$ and r.issued_on <= ($6 ->> 'issued_on.lte')::date$q$ end,
      case when p_filters ? 'due_on.gte' then $q$ and r.due_on >= ($6 ->> 'due_on.gte')::date$q$ end,
      case when p_filters ? 'due_on.lte' then $q$ and r.due_on <= ($6 ->> 'due_on.lte')::date$q$ end,
      case when p_filters ? 'paid_at.gte' then $q$ and r.paid_at >= ($6 ->> 'paid_at.gte')::timestamptz$q$ end,
      case when p_filters ? 'paid_at.lt' then $q$ and r.paid_at < ($6 ->> 'paid_at.lt')::timestamptz$q$ end),
      case ltrim(p_sort, '-') when 'number' then array['r.number', 'text'] when 'due_on' then array['r.due_on', 'date']
          else array['r.created_at', 'timestamptz'] end,
      p_sort is null or p_sort ^@ '-', p_after is not null)
      into body, last_key, last_id using p_tenant, v_caller, p_limit, p_after, p_after_id, p_filters, list_any,
                                         list_as_analyst, see_any;
  end if;
  outcome := 'ok';
end $$;

-- Create an invoice.
create or replace function create_invoice(p_tenant uuid, p_caller jsonb, p_body jsonb, p_key text, p_fingerprint text,
  p_request text, out outcome text, out roles text[], out id uuid, out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  create_as_accountant boolean := v_caller.roles && array['accountant'];
  create_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, 'create_invoice', p_key, p_fingerprint) c;
    if outcome is not null then return; end if;
  end if;
  body := take_(p_tenant, 'invoice', 1, 25);
  if body is not null then outcome := 'quota_exceeded'; return; end if;
  insert into invoice_row_ as t (tenant_id, owner_id, number, title, customer_id, region, due_on)
    values (p_tenant, v_caller.member, p_body ->> 'number', p_body ->> 'title', (p_body ->> 'customer_id')::uuid,
            p_body ->> 'region', (p_body ->> 'due_on')::date)
    returning t.id, t.version, case
      when (create_as_accountant
            or (create_as_member and t.region = (select o.region from organization o where o.id = p_tenant))) then
          t.json_
      else outside_()
    end into id, version, body;
  if p_key is not null then
    perform remember_(v_caller, 'create_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  if exists (select from webhook_endpoint e where e.tenant_id = p_tenant) then
    perform invoice_publish_(p_tenant, 'created', id, version);
  end if;
  outcome := record_(v_caller, 'create_invoice', 'invoice', id, version, p_body, p_request);
end $$;

-- Read an invoice.
create or replace function read_invoice(p_tenant uuid, p_caller jsonb, p_id uuid, out outcome text, out roles text[],
  out version bigint, out body text, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'analyst', 'billing_worker', 'member', 'viewer']);
  read_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  read_as_analyst boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  select r.version, case when see_any then r.json_ else r.open_ || '}' end into version, body
    from invoice_row_ r where r.tenant_id = p_tenant and r.id = p_id
      and (read_any or (read_as_analyst and r.region = any (v_caller.user_regions)));
  outcome := case when found then 'ok' else 'not_found' end;
end $$;

-- Change an invoice that is at one of the versions `p_match`, with a merge patch (RFC 7396).
create or replace function update_invoice(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_patch jsonb,
  p_request text, out outcome text, out roles text[], out version bigint, out body text, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  update_as_accountant boolean := v_caller.roles && array['accountant'];
  update_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  update invoice_row_ t set version = t.version + 1, updated_at = now(),
      title = case when p_patch ? 'title' then p_patch ->> 'title' else t.title end,
      customer_id = case when p_patch ? 'customer_id' then (p_patch ->> 'customer_id')::uuid else t.customer_id end,
      due_on = case when p_patch ? 'due_on' then (p_patch ->> 'due_on')::date else t.due_on end
    where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.status = 'draft' and (update_as_accountant or (update_as_member and t.owner_id = v_caller.member))
    returning t.version, t.json_ into version, body;
  if not found then outcome := missed_(v_caller, 'invoice_row_', p_id, p_match); return; end if;
  if exists (select from webhook_endpoint e where e.tenant_id = p_tenant) then
    perform invoice_publish_(p_tenant, 'changed', p_id, version);
  end if;
  outcome := record_(v_caller, 'update_invoice', 'invoice', p_id, version, p_patch, p_request);
end $$;

-- Delete an invoice that is at one of the versions `p_match`.
create or replace function delete_invoice(p_tenant uuid, p_caller jsonb, p_id uuid, p_match bigint[], p_request text,
  out outcome text, out roles text[], out version bigint, out plan text)
  language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, array['accountant', 'member']);
  delete_as_accountant boolean := v_caller.roles && array['accountant'];
  delete_as_member boolean := v_caller.roles && array['member'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  if v_caller.refusal is not null then outcome := v_caller.refusal; return; end if;
  delete from invoice_row_ t where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
      and t.status = 'draft' and (delete_as_accountant or (delete_as_member and t.owner_id = v_caller.member))
    returning t.version into version;
  if not found then outcome := missed_(v_caller, 'invoice_row_', p_id, p_match); return; end if;
  if exists (select from webhook_endpoint e where e.tenant_id = p_tenant) then
    perform invoice_publish_(p_tenant, 'deleted', p_id, version + 1);
  end if;
  outcome := record_(v_caller, 'delete_invoice', 'invoice', p_id, version, '{}', p_request);
end $$;

-- Lets the caller begin an action on invoices, and locks the row that the hook then works on.
create or replace function invoice_begin_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_match bigint[],
  p_key text, p_fingerprint text, out outcome text, out roles text[], out id uuid, out version bigint, out body text,
  out member_id uuid, out plan text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, case
    when p_action in ('send', 'void', 'transmit', 'remind') then array['accountant']
    when p_action = 'settle' then array['accountant', 'billing_worker']
  end, p_age => case when p_action in ('send', 'void') then 300 end,
      p_feature => case when p_action = 'send' then 'sending' end);
  read_any boolean := v_caller.roles && array['accountant', 'billing_worker', 'member', 'viewer'];
  read_as_analyst boolean := v_caller.roles && array['analyst'];
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  roles := v_caller.roles;
  plan := v_caller.plan;
  outcome := coalesce(v_caller.refusal, case
    when p_action in ('send', 'settle', 'transmit', 'remind') and p_key is null then 'idempotency_key_required'
  end);
  if outcome is not null then return; end if;
  if p_key is not null then
    select c.* into outcome, id, version, body from claim_(v_caller, p_action || '_invoice', p_key, p_fingerprint) c;
    if outcome = 'replayed' then
      body := shown_(
        body,
        array['id', 'version', 'created_at', 'updated_at', 'owner_id', 'number', 'customer_id', 'region', 'status',
              'total', 'issued_on', 'due_on', 'paid_at', 'network_id'],
        (select case
          when (read_any or (read_as_analyst and t.region = any (v_caller.user_regions))) then case when see_any
              then t.json_ else t.open_ || '}' end
          else json_build_object('id', t.id, 'version', t.version)::text
        end from invoice_row_ t where t.tenant_id = p_tenant and t.id = invoice_begin_.id)
      );
    end if;
    if outcome is not null then return; end if;
  end if;
  if p_action = 'send' then
    perform take_(p_tenant, 'invoices_sent', 1, null);
  end if;
  if p_action in ('send', 'settle', 'void', 'transmit') then
    select t.version, t.json_ into version, body from invoice_row_ t
      where t.tenant_id = p_tenant and t.id = p_id and t.version = any (p_match)
        and ((p_action = 'send' and t.status = 'draft')
             or (p_action = 'settle' and t.status = 'sent')
             or (p_action = 'void' and t.status = 'sent')
             or (p_action = 'transmit'
                 and (select o.region from organization o where o.id = p_tenant) = 'eu' and t.status = 'sent'))
      for update;
    if not found then outcome := missed_(v_caller, 'invoice_row_', p_id, p_match); return; end if;
  end if;
  member_id := v_caller.member; outcome := 'ok';
end $$;

-- Writes what the hook of an action on invoices decided. Whether the caller may was decided at the beginning, in this
-- transaction.
create or replace function invoice_finish_(p_tenant uuid, p_caller jsonb, p_action text, p_id uuid, p_version bigint,
  p_changes jsonb, p_key text, p_fingerprint text, p_input text, p_request text, out outcome text, out id uuid,
  out version bigint, out body text) language plpgsql set search_path from current as $$
declare
  v_caller caller_ := enter_(p_tenant, p_caller, '{}');
  see_any boolean := v_caller.roles && array['accountant', 'member', 'viewer'];
begin
  if p_action in ('send', 'settle', 'void', 'transmit') then
    if p_changes - (case
      when p_action = 'send' then array['status', 'total', 'issued_on']
      when p_action = 'settle' then array['status', 'total', 'paid_at']
      when p_action = 'void' then array['status', 'total']
      when p_action = 'transmit' then array['total', 'network_id']
    end) is distinct from '{}' then
      outcome := 'field_not_writable'; return;
    end if;
    update invoice_row_ t set version = t.version + 1, updated_at = now(),
        status = case when p_changes ? 'status' then p_changes ->> 'status' else t.status end,
        total = case when p_changes ? 'total' then (p_changes ->> 'total')::bigint else t.total end,
        issued_on = case when p_changes ? 'issued_on' then (p_changes ->> 'issued_on')::date else t.issued_on end,
        paid_at = case when p_changes ? 'paid_at' then (p_changes ->> 'paid_at')::timestamptz else t.paid_at end,
        network_id = case when p_changes ? 'network_id' then (p_changes ->> 'network_id')::uuid else t.network_id end
      where t.tenant_id = p_tenant and t.id = p_id and t.version = p_version
      returning t.id, t.version, case when see_any then t.json_ else t.open_ || '}' end into id, version, body;
    if not found then outcome := 'precondition_failed'; return; end if;
  end if;
  if p_key is not null then
    perform remember_(v_caller, p_action || '_invoice', p_key, p_fingerprint, id, version, body);
  end if;
  if p_action in ('settle', 'void') then
    if exists (select from webhook_endpoint e where e.tenant_id = p_tenant) then
      perform invoice_publish_(p_tenant, 'changed', id, version);
    end if;
  end if;
  if p_action = 'send' then
    if exists (select from webhook_endpoint e where e.tenant_id = p_tenant) then
      perform invoice_publish_(p_tenant, 'sent', id, version);
    end if;
  end if;
  if p_action = 'send' then
    perform defer_(v_caller, 'invoice.' || p_action, id, version, coalesce(p_input, '{}'));
  end if;
  outcome := record_(v_caller, p_action || '_invoice', 'invoice', id, version, p_changes, p_request);
end $$;
