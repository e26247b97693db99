// What for: signs out of the Next.js peer, then at the provider.

import { NextResponse } from "next/server";
import { client, configuration } from "../../../lib/oidc.js";
import { currentSession, SESSION } from "../../../lib/session.js";

export async function POST() {
  const { idToken } = await currentSession();
  const to = client.buildEndSessionUrl(await configuration(), {
    post_logout_redirect_uri: `${process.env.APP_URL}/logged-out`,
    ...(idToken ? { id_token_hint: idToken } : {}),
  });
  const response = NextResponse.redirect(to, 303);
  response.cookies.delete(SESSION);
  return response;
}
