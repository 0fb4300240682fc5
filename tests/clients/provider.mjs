// An OpenID provider over TLS for the tests, which signs anybody in as whom they say they are:
// node provider.mjs PORT CERTIFICATE AUDIENCE ORGANIZATION
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const [port, certificate, audience, organization] = process.argv.slice(2);
const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });
const issuer = `https://localhost:${port}`;
const provider = new Provider(issuer, {
  jwks: { keys: [{ ...key, kid: "one", use: "sig", alg: "ES256" }] },
  clients: [
    {
      client_id: "bot",
      client_secret: "of the tests, and of nothing else",
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
    {
      client_id: "page",
      token_endpoint_auth_method: "none",
      redirect_uris: [`${issuer}/signed-in`],
    },
  ],
  clientDefaults: {
    grant_types: ["authorization_code"],
    response_types: ["code"],
    id_token_signed_response_alg: "ES256",
  },
  responseTypes: ["code"],
  enabledJWA: { idTokenSigningAlgValues: ["ES256"] },
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: () => ({ org_id: organization }),
  features: {
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => audience,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({
        scope: "",
        audience: resource,
        accessTokenFormat: "jwt",
        accessTokenTTL: 300,
        jwt: { sign: { alg: "ES256" } },
      }),
    },
  },
});
const pem = readFileSync(certificate);
createServer({ key: pem, cert: pem }, provider.callback()).listen(Number(port), "127.0.0.1", () =>
  console.log(issuer),
);
