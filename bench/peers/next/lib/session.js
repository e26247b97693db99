// What for: the session of the Next.js peer: sealed into a cookie by iron-session.
// Not here: sign-in (oidc.js), refreshing (../proxy.js).

import { cookies } from "next/headers";
import { sealData, unsealData } from "iron-session";

export const SESSION = "session";
export const ATTEMPT = "attempt";

const password = () => process.env.SESSION_SECRET;

export const cookieOptions = (maxAge) => {
  const secure = process.env.APP_URL.startsWith("https:");
  return { httpOnly: true, sameSite: "lax", path: "/", maxAge, secure };
};

export const seal = (value) => sealData(value, { password: password() });

export const unseal = async (sealed) => (sealed ? await unsealData(sealed, { password: password() }) : {});

/** The session of the request that is being answered; without `user` if there is none. */
export const currentSession = async () => unseal((await cookies()).get(SESSION)?.value);
