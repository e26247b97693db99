// What for: the HTML of the Express peer: what the dashboard of src/pages/dashboard.rs says, without its looks.
// Not here: who may see it (main.mjs).

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escape = (text) => String(text).replace(/[&<>"']/g, (letter) => ENTITIES[letter]);
const time = (seconds) => {
  const moment = new Date(seconds * 1000).toISOString();
  return `<time datetime="${moment}">${moment.slice(0, 16).replace("T", " ")} UTC</time>`;
};

const explainRole = (name) =>
  ({
    admin: "Manages the organization: people, roles and sign-in settings.",
    member: "Uses the product as part of the organization.",
  })[name] ?? `Your team's role “${name.replaceAll("_", " ")}”.`;

const explainPermission = (name) => {
  const [resource, action] = name.split(":");
  return action === undefined
    ? `May use “${resource.replace(/^sk_/, "").replaceAll("_", " ")}”.`
    : `May ${action.replaceAll("_", " ")} ${resource.replaceAll("_", " ")}.`;
};

const STEPS = [
  ["Sign in for the first time", "You are here, so this works.", true],
  ["Connect your environment", "Set its address, the client ID and the client secret.", true],
  ["Serve it over https", "Set APP_URL to the public address; cookies become Secure and host-bound by themselves.", false],
  ["Keep sessions across restarts", "The session travels in a cookie.", true],
  ["Turn this page into your product", "page.mjs is the view, main.mjs fills it.", false],
];

const frame = (title, content) => `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>
<link rel="stylesheet" href="/style.css"></head>
<body><a class="skip" href="#main">Skip to content</a>${content}
<footer class="footer"><p>Express and Scalekit</p></footer></body>
</html>`;

const list = (kind, name, items) => `<${kind} class="${name}">${items.join("")}</${kind}>`;

const grants = (names, explain) =>
  list("ul", "grants", names.map((name) => `<li><code>${escape(name)}</code><span>${escape(explain(name))}</span></li>`));

const step = ([title, detail, done]) =>
  `<li${done ? ' class="done"' : ""}><p>${title} <span>(${done ? "done" : "to do"})</span></p><p>${detail}</p></li>`;

/** @param {{ user: Record<string, any>, roles: string[], permissions: string[], began: number, refreshes: number }} view */
export const dashboard = ({ user, roles, permissions, began, refreshes }) =>
  frame(
    "Dashboard",
    `<header class="rail"><nav aria-label="Sections">
<a href="/dashboard" aria-current="page">Dashboard</a>
<a href="/dashboard/profile">Profile</a><a href="/dashboard/sessions">Sessions</a></nav>
<p>${escape(user.name)} <span>${escape(user.email)}</span></p>
<form method="post" action="/auth/logout"><button>Sign out</button></form></header>
<main id="main"><h1>Hello, ${escape(user.given_name ?? user.name)}</h1>
<p class="lead">You are signed in to <strong>${escape(user.oid)}</strong>.</p>
<section aria-labelledby="session-title"><h2 id="session-title">Your session</h2>
<p>The access token is short-lived. While you work, it is refreshed before it ends.</p>
<dl><dt>Signed in</dt><dd>${time(began)}</dd><dt>Next refresh</dt><dd>${time(refreshes)}</dd></dl></section>
<section aria-labelledby="grants-title"><h2 id="grants-title">What you may do</h2>
<p>From the access token, granted in your organization.</p>
<h3>Roles</h3>${grants(roles, explainRole)}<h3>Permissions</h3>${grants(permissions, explainPermission)}</section>
<section aria-labelledby="steps-title"><h2 id="steps-title">Make it yours</h2>
${list("ol", "steps", STEPS.map(step))}</section></main>`,
  );

const short = (title, heading, link) => frame(title, `<main id="main"><h1>${heading}</h1><p>${link}</p></main>`);

export const loggedOut = () => short("Signed out", "You are signed out", `<a href="/auth/login">Sign in again</a>`);

export const notFound = () => short("Not found", "There is no such page", `<a href="/">To the start</a>`);

export const STYLE = "body{font:16px/1.5 system-ui;margin:0 auto;max-width:60rem;padding:1rem}.grants li{display:flex;gap:1rem}";
