// An OpenID provider (oidc-provider, which is certified) for trying this service out, and for no deployment:
// it signs anybody in as whoever they say they are. compose.identity.yaml runs it at the name of the issuer
// that the service pins, in its own network. Elsewhere that name is not an address of this machine, and it
// does not start.
//
//   node provider.mjs                                                        serves
//   node provider.mjs ready                                                  ends with 0 once it serves
//   node provider.mjs token --subject NAME --tenant ID [--methods mfa,phr]   prints a token of a person
//   node provider.mjs token --service NAME --tenant ID                       prints a token of a service
//
// --scope asks for scopes, and --claims adds claims: --claims '{"email": "a@example.com"}'. How tokens have
// to be for the service to accept them is in provider.json. Nothing outlives the process: neither keys nor
// who is signed in. AUTHORITY is where the certificate of its authority is put, which is made at each start.
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, randomBytes, randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:https";
import { BlockList } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const settings = JSON.parse(readFileSync(new URL("provider.json", import.meta.url), "utf-8"));
const { AUTHORITY = "/authority/ca.pem", REDIRECT_URIS = "" } = process.env;
const issuer = new URL(settings.issuer);
const mount = issuer.pathname.replace(/\/$/, "");
const base = `${issuer.origin}${mount}`;
const port = Number(issuer.port || 443);

const PERSON = "app"; // the client with which people sign in: public, with PKCE (RFC 7636)
const SECRET = "for trying out, and for nothing else"; // of the clients that are services
const SIGNED_IN = `${base}/signed-in`; // where the command token is sent back to
const SERVICE = "urn:service"; // the resource (RFC 8707) of who asks for none
const KEYS = {
  RS: ["rsa", { modulusLength: 3072 }],
  PS: ["rsa", { modulusLength: 3072 }],
  ES256: ["ec", { namedCurve: "P-256" }],
  ES384: ["ec", { namedCurve: "P-384" }],
  ES512: ["ec", { namedCurve: "P-521" }],
  EdDSA: ["ed25519"],
};

/** What somebody asks for that cannot be done; the message says what to do instead. */
class Refused extends Error {}

// Where it may serve

/** The addresses of the issuer's name: of this machine, and of no public network (RFC 1918, RFC 4193). */
async function ownAddresses() {
  const inside = new BlockList();
  inside.addSubnet("10.0.0.0", 8);
  inside.addSubnet("172.16.0.0", 12);
  inside.addSubnet("192.168.0.0", 16);
  inside.addSubnet("127.0.0.0", 8);
  inside.addSubnet("fc00::", 7, "ipv6");
  inside.addAddress("::1", "ipv6");
  const own = Object.values(networkInterfaces()).flat().map((each) => each.address);
  const found = await lookup(issuer.hostname, { all: true }).catch(() => []);
  const wrong = found.filter(({ address, family }) => !own.includes(address) || !inside.check(address, `ipv${family}`));
  if (found.length === 0 || wrong.length > 0)
    throw new Refused(
      `${issuer.hostname} is ${wrong[0]?.address ?? "nowhere"}, which is not a private address of this machine. ` +
        "This provider signs anybody in: run it with compose.identity.yaml alone.",
    );
  return found.map(({ address }) => address);
}

/** A key and certificates for the names of the issuer, by an authority whose key is gone when this ends. */
function certified() {
  const folder = mkdtempSync(join(tmpdir(), "identity-"));
  const names = [...settings.hosts, "localhost"].map((each) => `DNS:${each}`);
  const make = (name, subject, ...options) =>
    execFileSync("openssl", [
      ..."req -config req.cnf -x509 -days 30 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(" "),
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`, "-subj", `/CN=${subject}`],
      ...options,
    ], { cwd: folder, stdio: "pipe" });
  try {
    writeFileSync(join(folder, "req.cnf"), "distinguished_name=none\n[none]\n");
    make("ca", "authority of an identity provider for trying out",
      ...["-addext", "basicConstraints=critical,CA:TRUE,pathlen:0", "-addext", "keyUsage=critical,keyCertSign"],
      ...["-addext", `nameConstraints=critical,${names.map((each) => `permitted;${each}`)}`]);
    make("server", "identity provider for trying out", "-CA", "ca.pem", "-CAkey", "ca.key",
      ...["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "keyUsage=critical,digitalSignature"],
      ...["-addext", "extendedKeyUsage=serverAuth", "-addext", `subjectAltName=${names}`]);
    const [key, cert, ca] = ["server.key", "server.pem", "ca.pem"].map((each) => readFileSync(join(folder, each)));
    return { key, cert, ca };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// What it issues

const signIns = new Map(); // what was said in them, by the grants that they led to

/** Fields of a form, or of a request for tokens, as they are said in a sign-in. */
function said({ subject = "", tenant = "", methods = "", claims = "" }) {
  let more;
  try {
    more = JSON.parse(claims.trim() || "{}");
  } catch {
    more = null;
  }
  if (typeof more !== "object" || more === null || Array.isArray(more))
    throw new Refused("The claims are no JSON object.");
  return { subject: subject.trim(), tenant: tenant.trim(), methods: methods.split(/[\s,]+/).filter(Boolean), more };
}

/** The access token of a person or of a service, as those of the issuer are. */
function access(ctx, token, jwt) {
  const person = token.grantId !== undefined;
  const kind = person ? settings.person : settings.service;
  const { subject, tenant, methods, more, at } = person ? signIns.get(token.grantId) : said(ctx.oidc.body);
  const { iss, aud, iat, exp, jti, scope = "" } = jwt.payload;
  const client = settings.audience_is_client ? aud : token.clientId;
  const scopes = [...new Set([...kind.scopes, ...scope.split(" ")])].filter(Boolean);
  const [outer, ...inner] = settings.tenant_claim;
  jwt.header = { typ: settings.type ?? undefined };
  jwt.payload = {
    ...more,
    ...kind.claims,
    ...Object.fromEntries(kind.client.map((name) => [name, client])),
    ...(scopes.length > 0 && { [settings.scope_claim]: settings.scope_list ? scopes : scopes.join(" ") }),
    ...(tenant && { [outer]: inner.reduceRight((value, name) => ({ [name]: value }), tenant) }),
    ...(settings.methods_claim && methods.length > 0 && { [settings.methods_claim]: methods }),
    ...(at && { auth_time: at }),
    ...{ aud, [settings.audience_claim]: aud },
    ...{ iss, sub: person ? subject : client + kind.suffix, iat, exp, jti },
  };
  for (const name of settings.refused_claims) delete jwt.payload[name];
}

async function provider() {
  const { default: Provider, interactionPolicy } = await import("oidc-provider");
  const [, options] = Object.entries(KEYS).find(([name]) => settings.algorithm.startsWith(name));
  const key = generateKeyPairSync(...options).privateKey.export({ format: "jwk" });
  const policy = interactionPolicy.base();
  // Each time, so that one browser can be several people.
  const asked = new interactionPolicy.Check("asked", "who it is", (ctx) => !ctx.oidc.result?.login);
  policy.get("login").checks.add(asked);
  const found = new Provider(settings.issuer, {
    jwks: { keys: [{ ...key, kid: randomUUID(), use: "sig", alg: settings.algorithm }] },
    clients: [
      {
        client_id: PERSON,
        token_endpoint_auth_method: "none",
        redirect_uris: [SIGNED_IN, ...REDIRECT_URIS.split(/[\s,]+/).filter(Boolean)],
      },
      ...(settings.service ? settings.services : []).map((name) => ({
        client_id: name,
        client_secret: SECRET,
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["client_credentials"],
        redirect_uris: [],
        response_types: [],
      })),
    ],
    clientDefaults: {
      grant_types: ["authorization_code"],
      response_types: ["code"],
      id_token_signed_response_alg: settings.algorithm,
    },
    responseTypes: ["code"],
    enabledJWA: { idTokenSigningAlgValues: [settings.algorithm] },
    scopes: ["openid", ...settings.scopes],
    extraParams: ["tenant"],
    pkce: { required: () => true },
    cookies: { keys: [randomUUID()] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    formats: { customizers: { jwt: access } },
    interactions: { policy, url: (_, { uid }) => `${mount}/interaction/${uid}` },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      });
      grant.addOIDCScope(["openid", ...settings.scopes].join(" "));
      for (const each of Object.keys(ctx.oidc.resourceServers))
        grant.addResourceScope(each, settings.scopes.join(" "));
      signIns.set(await grant.save(), ctx.oidc.result?.said);
      return grant;
    },
    ttl: {
      ...{ Session: 3600, Interaction: 600, Grant: 3600, IdToken: settings.lifetime },
      ...{ AccessToken: settings.lifetime, ClientCredentials: settings.lifetime },
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => SERVICE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_, resource) => ({
          scope: settings.scopes.join(" "),
          audience: resource === SERVICE ? settings.audience : resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: settings.lifetime,
          jwt: { sign: { alg: settings.algorithm } },
        }),
      },
    },
  });
  found.on("server_error", (_, error) => console.error(error));
  return found;
}

// Where people say who they are

const escaped = (text) => String(text ?? "").replace(/[&<>"']/g, (each) => `&#${each.charCodeAt(0)};`);

const page = ({ login_hint: subject, tenant }, refused) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Sign in</title>
<style>body { font: 1rem sans-serif; max-width: 30rem; margin: 3rem auto } label, input { display: block; width: 100% }
input { margin: 0.2rem 0 1rem; padding: 0.4rem; box-sizing: border-box }</style>
<h1>Sign in</h1>
<p>This provider is for trying out: you are whoever you say you are.</p>
<p role="alert">${escaped(refused)}</p>
<form method="post">
<label>Subject <input name="subject" required value="${escaped(subject)}"></label>
<label>Tenant <input name="tenant" value="${escaped(tenant)}"></label>
${settings.methods_claim ? `<label>Methods, such as ${escaped(settings.methods)} <input name="methods"></label>` : ""}
<label>Other claims, in JSON <input name="claims" placeholder="{}"></label>
<input type="submit" value="Sign in">
</form>
</html>
`;

async function signIn(oidc, req, res) {
  const { params } = await oidc.interactionDetails(req, res);
  let refused = "";
  if (req.method === "POST") {
    const form = Object.fromEntries(new URLSearchParams(await text(req)));
    try {
      const found = { ...said(form), at: Math.floor(Date.now() / 1000) };
      if (!found.subject) throw new Refused("Say who you are.");
      const login = { accountId: found.subject, amr: found.methods };
      await oidc.interactionFinished(req, res, { login, said: found });
      return;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      refused = error.message;
    }
  }
  res.writeHead(refused ? 400 : 200, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "cache-control": "no-store",
  });
  res.end(page(params, refused));
}

async function text(stream) {
  const parts = [];
  for await (const each of stream) parts.push(each);
  return Buffer.concat(parts).toString("utf-8");
}

async function serve() {
  const addresses = await ownAddresses();
  const { ca, ...pair } = certified();
  const oidc = await provider();
  const answer = oidc.callback();
  const handle = (req, res) => {
    const [path] = req.url.split("?", 1);
    if (path.startsWith(`${mount}/interaction/`)) {
      signIn(oidc, req, res).catch((error) => {
        res.writeHead(400).end(`${error.error_description ?? error.message}. Begin where you came from.\n`);
      });
      return;
    }
    const route = settings.routes[path] ?? (path.startsWith(`${mount}/`) ? path.slice(mount.length) : "/");
    req.url = route + req.url.slice(path.length);
    req.baseUrl = mount; // as where it is mounted in another application
    answer(req, res);
  };
  await Promise.all(addresses.map((each) => once(createServer(pair, handle).listen(port, each), "listening")));
  writeFileSync(`${AUTHORITY}.new`, ca);
  renameSync(`${AUTHORITY}.new`, AUTHORITY);
  console.log(settings.issuer);
}

// A client of it

/** An answer of the provider, whose certificate has to be by its authority. */
async function ask(place, { form, cookies = new Map() } = {}) {
  if (!existsSync(AUTHORITY)) throw new Refused("The provider does not serve yet.");
  const body = form && new URLSearchParams(form).toString();
  const headers = {
    cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
    ...(body && { "content-type": "application/x-www-form-urlencoded", "content-length": Buffer.byteLength(body) }),
  };
  const options = { method: body ? "POST" : "GET", headers, ca: readFileSync(AUTHORITY), agent: false };
  const response = await new Promise((resolve, reject) => {
    request(place, options, resolve).on("error", reject).end(body);
  });
  for (const each of response.headers["set-cookie"] ?? []) {
    const [, name, value] = /^([^=]+)=([^;]*)/.exec(each);
    cookies.set(name, value);
  }
  return { status: response.statusCode, location: response.headers.location, text: await text(response) };
}

async function exchanged(form) {
  const answer = await ask(`${base}/token`, { form });
  if (answer.status !== 200) throw new Refused(`The provider says ${answer.status}: ${answer.text}`);
  return JSON.parse(answer.text).access_token;
}

/** A token of somebody who signs in, by a code with PKCE. */
async function ofPerson({ subject, tenant, methods, claims, scope }) {
  const verifier = randomBytes(32).toString("base64url");
  const asked = new URLSearchParams({
    client_id: PERSON,
    response_type: "code",
    redirect_uri: SIGNED_IN,
    scope: `openid ${scope}`.trim(),
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
  });
  const cookies = new Map();
  let place = `${base}/auth?${asked}`;
  for (let steps = 0; steps < 5; steps++) {
    const form = new URL(place).pathname.startsWith(`${mount}/interaction/`);
    const answer = await ask(place, { cookies, form: form ? { subject, tenant, methods, claims } : undefined });
    if (!answer.location) throw new Refused(`The provider says ${answer.status}: ${answer.text}`);
    place = new URL(answer.location, place).href;
    if (!place.startsWith(SIGNED_IN)) continue;
    const { code, error_description: refused } = Object.fromEntries(new URL(place).searchParams);
    if (!code) throw new Refused(`The provider says ${refused}.`);
    const given = { client_id: PERSON, code, code_verifier: verifier, redirect_uri: SIGNED_IN };
    return exchanged({ grant_type: "authorization_code", ...given });
  }
  throw new Refused("The provider does not come to an end.");
}

/** A token of a program, by its own secret. */
function ofService({ service, tenant, claims, scope }) {
  if (!settings.service) throw new Refused("Tokens of this issuer do not tell services from people.");
  const given = { client_id: service, client_secret: SECRET, ...(scope && { scope }), tenant, claims };
  return exchanged({ grant_type: "client_credentials", ...given });
}

async function token(args) {
  const string = { type: "string", default: "" };
  const names = ["subject", "service", "tenant", "methods", "claims", "scope"];
  const options = Object.fromEntries(names.map((each) => [each, string]));
  const { values } = parseArgs({ args, options });
  if (!values.subject === !values.service) throw new Refused("Say --subject NAME, or --service NAME.");
  said(values);
  console.log(await (values.subject ? ofPerson(values) : ofService(values)));
}

async function ready() {
  const { status } = await ask(`${base}/.well-known/openid-configuration`);
  if (status !== 200) throw new Refused(`The provider says ${status}.`);
}

const [command = "serve", ...rest] = process.argv.slice(2);
try {
  const found = { serve, ready, token }[command];
  if (!found) throw new Refused(`There is no command ${command}: serve, ready, token.`);
  await found(rest);
} catch (error) {
  console.error(`error: ${error.message}`);
  process.exit(2);
}
