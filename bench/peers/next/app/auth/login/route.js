// What for: a sign-in of the Next.js peer begins: PKCE, state and nonce in a sealed cookie, and on to the provider.

import { NextResponse } from "next/server";
import { client, configuration } from "../../../lib/oidc.js";
import { ATTEMPT, cookieOptions, seal } from "../../../lib/session.js";

export const dynamic = "force-dynamic";

export async function GET() {
  const attempt = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() };
  const to = client.buildAuthorizationUrl(await configuration(), {
    redirect_uri: `${process.env.APP_URL}/auth/callback`,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(attempt.verifier),
    code_challenge_method: "S256",
    state: attempt.state,
    nonce: attempt.nonce,
  });
  const response = NextResponse.redirect(to);
  response.cookies.set(ATTEMPT, await seal(attempt), cookieOptions(600));
  return response;
}
