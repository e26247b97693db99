// What for: the dashboard of the Next.js peer: what src/pages/dashboard.rs says, without its looks. A server component, with the
// two parts that live in the browser as client components, as ours are islands.
// Not here: who may see it (../../proxy.js).

import Link from "next/link";
import { redirect } from "next/navigation";
import { PersonMenu } from "../../components/person-menu.jsx";
import { SessionTimes } from "../../components/session-times.jsx";
import { currentSession } from "../../lib/session.js";

const ROLES = {
  admin: "Manages the organization: people, roles and sign-in settings.",
  member: "Uses the product as part of the organization.",
};
const explainRole = (name) => ROLES[name] ?? `Your team's role “${name.replaceAll("_", " ")}”.`;

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
  ["Turn this page into your product", "app/dashboard/page.jsx is the view.", false],
];

function Grants({ names, explain }) {
  return <ul className="grants">{names.map((name) => <li key={name}><code>{name}</code><span>{explain(name)}</span></li>)}</ul>;
}

export default async function Page() {
  const { user, roles, permissions, began, expires } = await currentSession();
  if (!user) redirect("/auth/login");
  return (
    <>
      <header className="rail">
        <nav aria-label="Sections">
          <Link href="/dashboard" aria-current="page">Dashboard</Link>
          <a href="/dashboard/profile">Profile</a>
          <a href="/dashboard/sessions">Sessions</a>
        </nav>
        <PersonMenu name={user.name} email={user.email} />
      </header>
      <main id="main">
        <h1>{`Hello, ${user.givenName ?? user.name}`}</h1>
        <p className="lead">You are signed in to <strong>{user.organization}</strong>.</p>
        <section aria-labelledby="session-title">
          <h2 id="session-title">Your session</h2>
          <p>The access token is short-lived. While you work, it is refreshed before it ends.</p>
          <SessionTimes began={began} expires={expires} />
        </section>
        <section aria-labelledby="grants-title">
          <h2 id="grants-title">What you may do</h2>
          <p>From the access token, granted in your organization.</p>
          <h3>Roles</h3>
          <Grants names={roles} explain={explainRole} />
          <h3>Permissions</h3>
          <Grants names={permissions} explain={explainPermission} />
        </section>
        <section aria-labelledby="steps-title">
          <h2 id="steps-title">Make it yours</h2>
          <ol className="steps">
            {STEPS.map(([title, detail, done]) => (
              <li key={title} className={done ? "done" : undefined}>
                <p>{title} <span>({done ? "done" : "to do"})</span></p>
                <p>{detail}</p>
              </li>
            ))}
          </ol>
        </section>
      </main>
    </>
  );
}
