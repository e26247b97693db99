// What for: the guard of the Next.js peer: pages of /dashboard need a session, and a request that finds the access token ended
// refreshes it. It is done here because a server component can't set a cookie.
// Not here: what the pages show.

import { NextResponse } from "next/server";
import { refreshed } from "./lib/oidc.js";
import { cookieOptions, seal, SESSION, unseal } from "./lib/session.js";

export const config = { matcher: "/dashboard/:path*" };

export async function proxy(request) {
  const session = await unseal(request.cookies.get(SESSION)?.value);
  if (!session.user) return NextResponse.redirect(new URL("/auth/login", process.env.APP_URL));
  if (session.expires * 1000 > Date.now()) return NextResponse.next();
  try {
    const sealed = await seal(await refreshed(session));
    const response = NextResponse.next();
    response.cookies.set(SESSION, sealed, cookieOptions(30 * 86_400));
    return response;
  } catch {
    return NextResponse.redirect(new URL("/auth/login", process.env.APP_URL));
  }
}
