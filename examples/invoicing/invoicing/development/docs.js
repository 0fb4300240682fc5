"use strict";

// Shows the OpenAPI document of this page and calls its operations on this origin.
// Everything from the document becomes text nodes and attribute values.

const api = JSON.parse(document.getElementById("document").textContent);
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
const etags = new Map(); // URL -> ETag of the last answer

/** Make an element; strings among the children become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "boolean") made.toggleAttribute(key, value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter(Boolean));
  return made;
}

const paragraph = (text) => text && element("p", {}, text);
/** A table in a box of its own, which scrolls where the window is narrow. */
const table = (rows) => element("div", { class: "scroll" }, element("table", {}, rows));
const heading = (text) => element("h3", {}, text);
const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/** Follow a local reference; siblings of `$ref` win over what it refers to. */
function resolve(node) {
  const seen = new Set();
  while (typeof node?.$ref === "string" && !seen.has(node.$ref)) {
    seen.add(node.$ref);
    const { $ref, ...siblings } = node;
    if (!$ref.startsWith("#/")) return node;
    const steps = $ref.slice(2).split("/");
    const found = steps.reduce(
      (at, step) => at?.[decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~")],
      api,
    );
    node = { ...found, ...siblings };
  }
  return node ?? {};
}

const extensionsOf = (node) => Object.entries(node).filter(([key]) => key.startsWith("x-"));

/** List all operations in the order of the document. */
function operations() {
  const list = [];
  for (const [path, reference] of Object.entries(api.paths ?? {})) {
    const item = resolve(reference);
    for (const method of METHODS.filter((name) => item[name])) {
      const operation = item[method];
      const own = (operation.parameters ?? []).map(resolve);
      const inherited = (item.parameters ?? [])
        .map(resolve)
        .filter((one) => !own.some((other) => other.name === one.name && other.in === one.in));
      const id = operation.operationId ?? `${method} ${path}`;
      const tag = operation.tags?.[0] ?? "Operations";
      list.push({
        id,
        tag,
        path,
        method,
        operation,
        parameters: [...inherited, ...own],
      });
    }
  }
  return list;
}

// ---- Schemas

const BOUNDS = {
  minimum: "≥",
  exclusiveMinimum: ">",
  maximum: "≤",
  exclusiveMaximum: "<",
  minLength: "length ≥",
  maxLength: "length ≤",
  minItems: "items ≥",
  maxItems: "items ≤",
  multipleOf: "multiple of",
  pattern: "matches",
  default: "default",
};

/** Describe a schema in a few words. */
function typeOf(reference) {
  if (typeof reference === "boolean") return reference ? "anything" : "nothing";
  const schema = resolve(reference);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(" | ");
  if (schema.allOf?.length === 1) return typeOf(schema.allOf[0]);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map(asText).join(" | ");
  const types = [schema.type ?? (schema.properties ? "object" : "any")].flat();
  const words = types.map((type) => {
    if (type === "array") return `list of ${typeOf(schema.items ?? true)}`;
    if (type === "object" && reference.$ref) return reference.$ref.split("/").pop();
    return schema.format && type === "string" ? schema.format : type;
  });
  return words.join(" | ");
}

/** Return the object schemas that can be opened below a schema, with their names. */
function nested(reference) {
  if (typeof reference === "boolean") return [];
  const schema = resolve(reference);
  const parts = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((list) => list ?? []);
  if (schema.items) parts.push(schema.items);
  if (schema.properties) {
    const name = reference.$ref?.split("/").pop() ?? schema.title ?? "object";
    return [{ name, schema }, ...parts.flatMap(nested)];
  }
  return parts.flatMap(nested);
}

/** Describe a value: type, bounds, text, extensions. */
function describe(reference, text) {
  const schema = resolve(reference);
  const bounds = Object.keys(BOUNDS)
    .filter((key) => key in schema)
    .map((key) => `${BOUNDS[key]} ${asText(schema[key])}`);
  if (schema.readOnly) bounds.push("read only");
  if (schema.uniqueItems) bounds.push("unique");
  return [
    element("code", {}, typeOf(reference)),
    " ",
    bounds.length && element("span", { class: "muted" }, bounds.join(", ")),
    extensionsOf(schema)
      .map((entry) => [" ", element("span", { class: "tag" }, sentence(entry))])
      .flat(),
    paragraph(text ?? schema.description),
  ].flat();
}

/** Show the properties of an object schema, its parts filled in when opened. */
function schemaTable({ schema }) {
  const rows = Object.entries(schema.properties).map(([name, property]) => {
    const required = schema.required?.includes(name);
    return element(
      "tr",
      {},
      element("td", {}, element("code", { class: required ? "required" : "" }, name)),
      element("td", {}, describe(property), nested(property).map(schemaBlock)),
    );
  });
  const closed = schema.additionalProperties === false && "No other properties.";
  return [table(rows), closed && element("p", { class: "muted" }, closed)];
}

function schemaBlock(part) {
  const block = element("details", { class: "schema" }, element("summary", {}, part.name));
  const fill = () => block.append(...schemaTable(part).filter(Boolean));
  block.addEventListener("toggle", fill, { once: true });
  return block;
}

// ---- Sentences

const CLASSES = { pii: "personal data" };

/** Join names as prose: `a, b and c`. */
const joined = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

/** What the extensions of the contract say, as sentences. */
const SENTENCES = {
  "x-permission": (value) => `The caller needs the permission ${value}.`,
  "x-roles": (roles) =>
    roles.length === 0
      ? "No role has this permission."
      : roles.length === 1
        ? `The role ${roles[0]} has it, possibly under conditions.`
        : `The roles ${joined(roles)} have it, possibly under conditions.`,
  "x-tenancy": (claim) =>
    `A caller sees the rows of one tenant: the one in the claim ${claim} of the access token.`,
  "x-precondition": (header) => `The request needs ${header}, with the ETag of the row.`,
  "x-class": (value) => CLASSES[value] ?? value,
  "x-currency": (value) => `in minor units of ${value}`,
  "x-open-to": (who) => `No role is asked for. Who may: ${who}.`,
  "x-rate-limit": (limits) => {
    const each = Object.entries(limits).map(([scope, limit]) => {
      const [count, window] = limit.split("/");
      return `${count} in ${window.slice(0, -1)} seconds for each ${scope}`;
    });
    return each.length ? `Requests are limited: ${joined(each)}.` : "Requests are not limited.";
  },
  "x-step-up-seconds": (seconds) =>
    `The caller must have signed in within the last ${seconds} seconds.`,
  "x-runs-as": (role) => `What an event does is done as the role ${role}.`,
  "x-effects": (effects) => {
    const each = Object.entries(effects).map(([type, permission]) => `${type} does ${permission}`);
    return `Events with an effect: ${joined(each)}.`;
  },
  "x-idempotency": (need) =>
    `An Idempotency-Key is ${need}: with one, a repeated request changes nothing for a day.`,
  "x-caps": (caps) => {
    const said = Object.entries(caps).flatMap(([cap, roles]) =>
      Object.entries(roles).map(([role, limits]) => {
        const each = Object.entries(limits).map(([name, most]) => `${name} ${most}`);
        return each.length ? `${cap} of ${role} is ${joined(each)}` : `${cap} does not cap ${role}`;
      }),
    );
    return `What it spends is capped: ${joined(said)}.`;
  },
  "x-meters": (meters) => {
    const each = Object.entries(meters).map(([meter, amount]) => `${meter} (${amount})`);
    return `A use counts in ${joined(each)}.`;
  },
  "x-feature": (name) => `The plan of the tenant needs the feature ${name}.`,
  "x-plans": (plans) =>
    plans.length ? `Plans that have it: ${joined(plans)}.` : "No plan has it.",
  "x-quota": (quota) => {
    const each = Object.entries(quota).map(([plan, most]) => `${most} with the plan ${plan}`);
    return `A plan has so many: ${joined(each)}.`;
  },
  "x-rate-limit-of-plans": (limits) => {
    const each = Object.entries(limits).map(([plan, limit]) => {
      const [count, window] = limit.split("/");
      return `${count} in ${window.slice(0, -1)} seconds with the plan ${plan}`;
    });
    return `Requests of a tenant are limited by its plan: ${joined(each)}.`;
  },
};

/** Say an extension in words; one that nobody has words for is named as it is. */
function sentence([key, value]) {
  const say = SENTENCES[key];
  return say ? say(value) : `${key.slice(2).replaceAll("-", " ")}: ${asText(value)}`;
}

// ---- Operations

/** Return the first media type of a `content` object and its schema. */
function content(node) {
  const [type, media] = Object.entries(node?.content ?? {})[0] ?? [];
  return { type, schema: media?.schema, sample: media?.example };
}

function contentView(node) {
  const { type, schema } = content(node);
  if (schema === undefined) return [];
  const parts = nested(schema).map(schemaBlock);
  return [
    element("p", {}, element("span", { class: "muted" }, `${type} `), describe(schema, ""), parts),
  ];
}

function operationBody({ operation, parameters, ...rest }) {
  const body = element("div", { class: "body" }, paragraph(operation.description));
  const facts = extensionsOf(operation);
  if (facts.length) {
    const said = facts.map((fact) => element("li", {}, sentence(fact)));
    body.append(heading("Guarantees"), element("ul", {}, said));
  }
  if (parameters.length) {
    body.append(
      heading("Parameters"),
      table(
        parameters.map((one) =>
          element(
            "tr",
            {},
            element(
              "td",
              {},
              element("code", { class: one.required ? "required" : "" }, one.name),
              element("span", { class: "muted" }, ` ${one.in}`),
            ),
            element("td", {}, describe(one.schema ?? {}, one.description)),
          ),
        ),
      ),
    );
  }
  const request = resolve(operation.requestBody);
  if (operation.requestBody) {
    body.append(
      heading("Request body"),
      paragraph(request.description) || "",
      ...contentView(request),
    );
  }
  const all = Object.entries(operation.responses ?? {}).map(([status, reference]) => ({
    status,
    response: resolve(reference),
  }));
  const problems = all.filter(({ status }) => status >= "400");
  const answers = all.filter((each) => !problems.includes(each));
  body.append(
    tryForm({ parameters, request, ...rest }),
    heading("Responses"),
    table(answers.map((each) => responseRow(each, contentView(each.response)))),
  );
  if (problems.length) {
    body.append(
      heading("Problems"),
      table(problems.map((each) => responseRow(each, []))),
      ...contentView(problems[0].response),
    );
  }
  return body;
}

/** One response; refusals share the form of their body, which is shown once below them. */
function responseRow({ status, response }, contents) {
  const names = Object.keys(response.headers ?? {}).join(", ");
  return element(
    "tr",
    {},
    element("td", {}, element("code", {}, status)),
    element(
      "td",
      {},
      paragraph(response.description),
      names && element("p", { class: "muted" }, `Headers: ${names}`),
      contents,
    ),
  );
}

function operationView(entry) {
  const { id, method, path, operation } = entry;
  const permission = operation["x-permission"];
  const view = element(
    "details",
    {
      class: operation.deprecated ? "operation deprecated" : "operation",
      id: `/${id}`,
    },
    element(
      "summary",
      {},
      element("span", { class: `method ${method}` }, method),
      element("span", { class: "path" }, path),
      element("span", {}, operation.summary ?? ""),
      element("span", { class: "muted mono" }, typeof permission === "string" && permission),
    ),
  );
  view.addEventListener("toggle", () => view.append(operationBody(entry)), {
    once: true,
  });
  return view;
}

// ---- Trying an operation

function inputFor(parameter) {
  const schema = resolve(parameter.schema);
  const about = { name: parameter.name, required: parameter.required === true };
  if (schema.enum) {
    const options = about.required ? schema.enum : ["", ...schema.enum];
    return element(
      "select",
      about,
      options.map((value) => element("option", {}, asText(value))),
    );
  }
  const placeholder = {
    "if-match": "the ETag of the last answer for this URL",
    "idempotency-key": "a new UUID",
  }[parameter.name.toLowerCase()];
  if (placeholder) about.required = false;
  return element("input", {
    ...about,
    placeholder: placeholder ?? typeOf(parameter.schema ?? {}),
    autocomplete: "off",
    spellcheck: "false",
  });
}

/** Put the filled-in fields together to a request. */
function buildRequest(method, path, fields, bodyType, body) {
  const headers = new Headers();
  const query = new URLSearchParams();
  const late = [];
  let url = path;
  for (const { parameter, input } of fields) {
    const { name } = parameter;
    if (parameter.in === "path") url = url.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (parameter.in === "query" && input.value) query.append(name, input.value);
    else if (parameter.in === "header") late.push([name, input.value]);
  }
  for (const [name, value] of late) {
    const automatic = {
      "if-match": () => etags.get(url),
      "idempotency-key": () => crypto.randomUUID(),
    }[name.toLowerCase()];
    const sent = value || automatic?.();
    if (sent) headers.set(name, sent);
  }
  const token = document.getElementById("token").value.trim();
  if (token) headers.set("authorization", `Bearer ${token}`);
  if (body) headers.set("content-type", bodyType);
  const target = `${query}` ? `${url}?${query}` : url;
  return {
    url,
    target,
    options: { method: method.toUpperCase(), headers, body: body || undefined },
  };
}

/** The same request for a shell, with the token left out. */
function curl({ target, options }) {
  const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [`curl -i -X ${options.method} ${quote(location.origin + target)}`];
  for (const [name, value] of options.headers) {
    lines.push(
      name === "authorization"
        ? '-H "authorization: Bearer $TOKEN"'
        : `-H ${quote(`${name}: ${value}`)}`,
    );
  }
  if (options.body) lines.push(`--data-binary ${quote(options.body)}`);
  return lines.join(" \\\n  ");
}

function pretty(type, text) {
  if (!/[/+]json/.test(type)) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

async function send(request, result) {
  const started = performance.now();
  result.replaceChildren(heading("Request"), element("pre", {}, curl(request)));
  try {
    const answer = await fetch(request.target, {
      ...request.options,
      credentials: "omit",
    });
    const text = await answer.text();
    const took = Math.round(performance.now() - started);
    const etag = answer.headers.get("etag");
    if (etag) etags.set(request.url, etag);
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    result.append(
      heading("Response"),
      element(
        "p",
        { class: answer.ok ? "ok" : "failed" },
        `${answer.status} ${answer.statusText} (${took} ms)`,
      ),
      element("pre", {}, headers),
    );
    if (text) {
      const type = answer.headers.get("content-type") ?? "";
      result.append(element("pre", {}, pretty(type, text)));
    }
  } catch (error) {
    result.append(element("p", { class: "failed" }, String(error)));
  }
}

function tryForm({ method, path, parameters, request }) {
  const fields = parameters
    .filter((one) => one.in !== "cookie")
    .map((parameter) => ({ parameter, input: inputFor(parameter) }));
  const { type, sample } = content(request);
  const start = sample === undefined ? "" : JSON.stringify(sample, null, 2);
  const body = type && element("textarea", { spellcheck: "false", "aria-label": "body" }, start);
  const result = element("div", { "aria-live": "polite" });
  const button = element("button", {}, "Send");
  const form = element(
    "form",
    {},
    heading("Try it"),
    table(
      fields.map(({ parameter, input }) =>
        element(
          "tr",
          {},
          element("td", {}, element("code", {}, parameter.name)),
          element("td", {}, input),
        ),
      ),
    ),
    body,
    button,
    result,
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    await send(buildRequest(method, path, fields, type, body?.value), result);
    button.disabled = false;
  });
  return form;
}

// ---- The page

function header() {
  const token = element("input", {
    id: "token",
    type: "password",
    autocomplete: "off",
    placeholder: "Bearer token",
    value: sessionStorage.getItem("token") ?? "",
  });
  token.addEventListener("input", () => sessionStorage.setItem("token", token.value));
  return element(
    "header",
    {},
    element("h1", {}, api.info?.title ?? "API"),
    element("span", { class: "muted" }, api.info?.version ?? ""),
    element("label", {}, "Token", token),
  );
}

/** How to get a token for this page, on the machine that serves it. */
function tokenHelp(all) {
  const roles = new Set(all.flatMap(({ operation }) => operation["x-roles"] ?? []));
  const commands = [...roles].sort().map((role) => `make token ROLE=${role} TENANT=acme`);
  return element(
    "details",
    { class: "schema", id: "token-help" },
    element("summary", {}, "How to get a token"),
    paragraph("Run one of these in the directory of the project, and paste what it prints above:"),
    element("pre", {}, commands.join("\n")),
    paragraph("A token is good for an hour. The page keeps it until you close this tab."),
  );
}

function main() {
  const all = operations();
  const tags = [...new Set(all.map(({ tag }) => tag))];
  const filter = element("input", {
    type: "search",
    placeholder: "Filter",
    "aria-label": "Filter",
  });
  const sections = tags.map((tag) => {
    const entries = all.filter((entry) => entry.tag === tag);
    const links = entries.map((entry) =>
      element(
        "a",
        { href: `#/${encodeURIComponent(entry.id)}` },
        element("span", { class: `method ${entry.method}` }, entry.method),
        entry.id,
      ),
    );
    const views = entries.map(operationView);
    const about = (api.tags ?? []).find(({ name }) => name === tag)?.description;
    return {
      entries,
      links,
      views,
      menu: element("div", {}, heading(tag), links),
      section: element("section", {}, element("h2", {}, tag), paragraph(about), views),
    };
  });
  filter.addEventListener("input", () => {
    const wanted = filter.value.toLowerCase();
    for (const { entries, links, views, menu, section } of sections) {
      entries.forEach(({ id, path, method, operation }, index) => {
        const text = `${id} ${method} ${path} ${operation.summary ?? ""}`.toLowerCase();
        links[index].hidden = views[index].hidden = !text.includes(wanted);
      });
      menu.hidden = section.hidden = links.every((link) => link.hidden);
    }
  });
  document.title = api.info?.title ?? "API";
  document.body.append(
    header(),
    element(
      "div",
      { class: "layout" },
      element(
        "nav",
        {},
        filter,
        sections.map(({ menu }) => menu),
      ),
      element(
        "main",
        {},
        paragraph(api.info?.description),
        tokenHelp(all),
        sections.map(({ section }) => section),
      ),
    ),
  );
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
}

main();
