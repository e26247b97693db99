// What for: a sign-in of the Next.js peer ends: code for tokens, tokens into a sealed cookie, and on to the dashboard.

import { NextResponse } from "next/server";
import { client, configuration, sessionOf } from "../../../lib/oidc.js";
import { ATTEMPT, cookieOptions, seal, SESSION, unseal } from "../../../lib/session.js";

export const dynamic = "force-dynamic";

export async function GET(request) {
  const { verifier, state, nonce } = await unseal(request.cookies.get(ATTEMPT)?.value);
  const url = new URL(`/auth/callback${request.nextUrl.search}`, process.env.APP_URL);
  const tokens = await client.authorizationCodeGrant(await configuration(), url, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  const response = NextResponse.redirect(new URL("/dashboard", process.env.APP_URL));
  response.cookies.set(SESSION, await seal(sessionOf(tokens)), cookieOptions(30 * 86_400));
  response.cookies.delete(ATTEMPT);
  return response;
}
