// What for: what the Next.js peer asks of the provider, by openid-client.
// Not here: cookies (session.js), routes (../app/auth).

import * as client from "openid-client";

let found;

/** What discovery says; asked once. */
export const configuration = () =>
  (found ??= client.discovery(new URL(process.env.ISSUER), process.env.CLIENT_ID, process.env.CLIENT_SECRET, undefined, {
    // The provider of `make bench` is on this machine.
    execute: [client.allowInsecureRequests],
  }));

/** What a session keeps of the provider's answer. It came from the token endpoint, so nobody else can have written the tokens. */
export const sessionOf = (tokens, before = {}) => {
  const { roles, permissions, exp, iat } = JSON.parse(Buffer.from(tokens.access_token.split(".")[1], "base64url").toString());
  const claims = tokens.claims?.() ?? {};
  const { sub, name, given_name: givenName, email, oid: organization } = claims;
  return {
    ...before,
    user: before.user ?? { sub, name, givenName, email, organization },
    began: before.began ?? iat,
    expires: exp,
    roles,
    permissions,
    idToken: tokens.id_token ?? before.idToken,
    refreshToken: tokens.refresh_token ?? before.refreshToken,
  };
};

export const refreshed = async (session) =>
  sessionOf(await client.refreshTokenGrant(await configuration(), session.refreshToken), session);

export { client };
