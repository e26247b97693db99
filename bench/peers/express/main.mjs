// What for: a peer of `make bench`: Express with express-openid-connect as its documents show it: the session in an encrypted
// cookie that rolls, tokens refreshed by the request that finds them ended.
// Not here: the HTML (page.mjs). Settings come from the environment: PORT, APP_URL, ISSUER, CLIENT_ID, CLIENT_SECRET,
// SESSION_SECRET.

import express from "express";
import openid from "express-openid-connect";
import { dashboard, loggedOut, notFound, STYLE } from "./page.mjs";

const { PORT, APP_URL, ISSUER, CLIENT_ID, CLIENT_SECRET, SESSION_SECRET } = process.env;

/** What a token says. It came from the provider's token endpoint, so nobody else can have written it. */
const claims = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url").toString());

const app = express();
app.disable("x-powered-by");
app.get("/healthz", (_request, response) => response.send("ok"));
app.get("/style.css", (_request, response) => response.type("css").send(STYLE));
app.use(
  openid.auth({
    issuerBaseURL: ISSUER,
    baseURL: APP_URL,
    clientID: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    clientAuthMethod: "client_secret_post",
    secret: SESSION_SECRET,
    authRequired: false,
    idpLogout: true,
    authorizationParams: { response_type: "code", scope: "openid profile email offline_access" },
    routes: { login: false, callback: "/auth/callback", logout: false, postLogoutRedirect: "/logged-out" },
    afterCallback: (_request, _response, session) => {
      const { roles, permissions, iat } = claims(session.access_token);
      return { ...session, roles, permissions, began: iat };
    },
  }),
);

app.get("/", (_request, response) => response.redirect("/dashboard"));
app.get("/auth/login", (_request, response) => response.oidc.login({ returnTo: "/dashboard" }));
app.post("/auth/logout", (_request, response) => response.oidc.logout());
app.get("/logged-out", (_request, response) => response.send(loggedOut()));
app.get("/dashboard", openid.requiresAuth(), async (request, response) => {
  const { accessToken } = request.oidc;
  if (accessToken.isExpired()) await accessToken.refresh();
  const { roles, permissions, began } = request.appSession;
  response.set("cache-control", "no-store");
  const refreshes = claims(request.oidc.accessToken.access_token).exp;
  response.send(dashboard({ user: request.oidc.user, roles, permissions, began, refreshes }));
});
app.use((_request, response) => response.status(404).send(notFound()));

app.listen(Number(PORT), "127.0.0.1");
