-- The indexes of filters, sorts and references, made while the service serves.

-- index: idempotency_key_expires_idx
create index concurrently if not exists idempotency_key_expires_idx on idempotency_key
  (expires_at);

-- index: notebook_newest_idx
create index concurrently if not exists notebook_newest_idx on notebook
  (tenant_id, created_at desc, id desc);

-- index: notebook_owner_id_idx
create index concurrently if not exists notebook_owner_id_idx on notebook
  (tenant_id, owner_id, created_at desc, id desc);

-- index: notebook_name_sort_idx
create index concurrently if not exists notebook_name_sort_idx on notebook
  (tenant_id, name, id);

-- index: note_newest_idx
create index concurrently if not exists note_newest_idx on note
  (tenant_id, created_at desc, id desc);

-- index: note_owner_id_idx
create index concurrently if not exists note_owner_id_idx on note
  (tenant_id, owner_id, created_at desc, id desc);

-- index: note_notebook_id_idx
create index concurrently if not exists note_notebook_id_idx on note
  (tenant_id, notebook_id, created_at desc, id desc);

-- index: note_title_sort_idx
create index concurrently if not exists note_title_sort_idx on note
  (tenant_id, title, id);

-- index: note_title_prefix_idx
create index concurrently if not exists note_title_prefix_idx on note
  (tenant_id, title text_pattern_ops, created_at desc, id desc);
