// What a caller does with the generated TypeScript client; nothing is lost on the way.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { paths } from "./contract.js";

const client = createClient<paths>({
  baseUrl: process.env.URL!,
  headers: { authorization: `Bearer ${process.env.TOKEN}` },
});

const { data: created } = await client.POST("/customers", {
  body: {
    name: "Alder",
    email: "alder@example.com",
    region: "eu",
    payment_terms: 86400,
    address: { street: "1 Main Street", postal_code: "9000", city: "Ghent", country: "BE" },
  },
});
assert(created);
const path = { customer_id: created.id };
const { data: read } = await client.GET("/customers/{customer_id}", { params: { path } });
assert.deepEqual(read, created);
const { data: changed } = await client.PATCH("/customers/{customer_id}", {
  params: { path, header: { "If-Match": `"${created.version}"` } },
  headers: { "content-type": "application/merge-patch+json" },
  body: { name: "Alder and Sons" },
});
assert(changed);
const differing = (Object.keys(created) as (keyof typeof created)[]).filter(
  (name) => JSON.stringify(created[name]) !== JSON.stringify(changed[name]),
);
assert.deepEqual(differing.sort(), ["name", "updated_at", "version"]);
const { data: page } = await client.GET("/customers", { params: { query: { name: "Alder and Sons" } } });
assert.deepEqual(page?.items.map((each) => each.id), [created.id]);
