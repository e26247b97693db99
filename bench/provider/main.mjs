// What for: the OpenID provider of `make bench`: oidc-provider, an independent and certified implementation, with Scalekit's
// paths and claims. It signs somebody in at once, counts token calls, and can shorten access tokens and slow down token calls.
// Not here: Scalekit's hosted pages, management API and webhooks. Its settings come as one JSON object in BENCH_PROVIDER.
//
// GET  /__counts    how many token calls have arrived, by grant type
// POST /__settings  {"lifetime": seconds of new access tokens, "delay": milliseconds of a token call, "counts": {}}, all optional

import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";
import { Storage } from "./storage.mjs";

/** @type {{ port: number, clientId: string, clientSecret: string, redirectUris: string[], postLogoutUris: string[] }} */
const { port, clientId, clientSecret, redirectUris, postLogoutUris } = JSON.parse(process.env.BENCH_PROVIDER ?? "{}");
const issuer = `http://127.0.0.1:${port}`;

const organization = "org_103845067215790101";
const roles = ["admin"];
const permissions = [
  "projects:read", "projects:write", "projects:delete", "members:read", "members:manage", "billing:read",
  "sk_org_settings_read", "sk_org_settings_manage", "sk_org_users_read", "sk_org_users_invite",
];
const person = {
  email: "ada@analytical.example",
  email_verified: true,
  name: "Ada Lovelace",
  given_name: "Ada",
  family_name: "Lovelace",
};

const settings = { lifetime: 300, delay: 0, counts: {} };

/** Each sign-in is another person of the same name, so that no server's limit of a person's sessions is met. */
let signIns = 0;
const nextAccount = () => `usr_10384506721579${String(1000 + signIns++).padStart(6, "0")}`;

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(issuer, {
  adapter: Storage,
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "snk_1", use: "sig", alg: "RS256" }] },
  cookies: { keys: ["benchmarks keep no secrets"] },
  clients: [
    {
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uris: redirectUris,
      post_logout_redirect_uris: postLogoutUris,
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_post",
      // Tokens name the session (`sid`) only of a client that wants to be told of its end. Nothing ends one here.
      backchannel_logout_uri: new URL("/auth/backchannel-logout", redirectUris[0]).href,
      backchannel_logout_session_required: true,
    },
  ],
  routes: {
    authorization: "/oauth/authorize",
    token: "/oauth/token",
    jwks: "/keys",
    userinfo: "/userinfo",
    revocation: "/revoke",
    end_session: "/oidc/logout",
  },
  scopes: ["openid", "profile", "email", "offline_access"],
  claims: {
    openid: ["sub", "oid", "client_id"],
    profile: ["name", "given_name", "family_name"],
    email: ["email", "email_verified"],
  },
  // Who somebody is stands in the ID token, not at /userinfo alone.
  conformIdTokenClaims: false,
  features: {
    devInteractions: { enabled: false },
    revocation: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    backchannelLogout: { enabled: true },
    claimsParameter: { enabled: true },
    // Makes access tokens JWTs: the package signs only those that are for a resource, so every one is for the client itself.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => `${issuer}/api`,
      useGrantedResource: () => true,
      getResourceServerInfo: () => ({
        scope: "openid profile email offline_access",
        audience: clientId,
        accessTokenFormat: "jwt",
        accessTokenTTL: settings.lifetime,
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
  formats: {
    customizers: {
      jwt(_context, token, { payload }) {
        const { iat } = payload;
        Object.assign(payload, {
          aud: [clientId], jti: `tkn_${payload.jti}`, nbf: iat, sid: token.sid, oid: organization, roles, permissions,
        });
      },
    },
  },
  ttl: {
    AccessToken: () => settings.lifetime,
    IdToken: 1800,
    AuthorizationCode: 600,
    RefreshToken: 86_400,
    Session: 86_400,
    Grant: 86_400,
    Interaction: 600,
  },
  // Scalekit asks nobody whether a refresh token may be given, and gives a new one with each refresh.
  issueRefreshToken: () => true,
  rotateRefreshToken: true,
  findAccount: (_context, accountId) => ({
    accountId,
    claims: () => ({ sub: accountId, oid: organization, client_id: clientId, ...person }),
  }),
  interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
  // Nobody is asked for consent.
  async loadExistingGrant(context) {
    const { client, session } = context.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid profile email offline_access");
    grant.addResourceScope(`${issuer}/api`, "openid profile email offline_access");
    await grant.save();
    return grant;
  },
});

const readJson = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts).toString());
};

provider.use(async (context, next) => {
  const { path } = context;
  if (path === "/__counts") {
    context.body = settings.counts;
  } else if (path === "/__settings" && context.method === "POST") {
    context.body = Object.assign(settings, await readJson(context.req));
  } else if (path.startsWith("/interaction/")) {
    // What a person does on the hosted page, without the person.
    const to = await provider.interactionResult(context.req, context.res, { login: { accountId: nextAccount() } });
    context.redirect(to);
  } else if (path === "/oauth/token") {
    await new Promise((resolve) => setTimeout(resolve, settings.delay));
    await next();
    const grant = context.oidc?.params?.grant_type ?? "unknown";
    settings.counts[grant] = (settings.counts[grant] ?? 0) + 1;
  } else {
    await next();
  }
});

provider.on("server_error", (_context, error) => console.error(error));
provider.on("grant.error", (_context, error) => console.error(error.message, error.error_description, error.error_detail ?? ""));
provider.on("authorization.error", (_context, error) => console.error(error.message, error.error_description));
provider.listen(port, "127.0.0.1");
