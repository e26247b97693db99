// The emulator's control interface (crates/scalekit-emulator/README.md has the table).

/** What the emulator counted and what is open. */
export interface State {
  now: number;
  calls: Record<string, number>;
  token_calls: Record<string, number>;
  outcomes: Record<string, number>;
  refresh_reuse: number;
  most_open_token_calls: number;
  live_sessions: number;
  live_refresh_tokens: number;
}

export interface ProviderSession {
  sid: string;
  user: string;
  organization: string;
  status: "active" | "expired" | "ended";
}

export interface Settings {
  /** Seconds. */
  access_token_lifetime?: number;
  id_token_on_refresh?: boolean;
  /** Whether applications learn of the end of sessions by webhook and back-channel logout. */
  notify_apps?: boolean;
  /** Whether the application may call the management API. */
  management_api?: boolean;
}

export interface Fault {
  endpoint: "discovery" | "keys" | "authorize" | "token" | "userinfo" | "logout" | "management";
  grant?: "authorization_code" | "refresh_token";
  kind: "status" | "delay" | "hang" | "drop_before" | "drop_after" | "garbage" | "html" | "truncated";
  status?: number;
  /** Seconds. */
  retry_after?: number;
  milliseconds?: number;
  error?: string;
  /** For how many calls; 0 means until faults are cleared. */
  times?: number;
}

export interface Tamper {
  token: "id" | "access";
  /** `null` removes a claim. */
  claims?: Record<string, unknown>;
  signature?: "keep" | "none" | "flip" | "other_key" | "hs256";
  times?: number;
}

/** The people and places of crates/scalekit-emulator/seed/default.toml. */
export const people = {
  /** An administrator with a picture. */
  ada: { id: "usr_103845067215791001", name: "Ada Lovelace", email: "ada@analytical.example", initials: "AL" },
  /** A member of the same organization, without a picture. */
  charles: { id: "usr_103845067215791002", name: "Charles Babbage", email: "charles@analytical.example", initials: "CB" },
  /** In two organizations. */
  grace: { id: "usr_103845067215791003", name: "Grace Hopper", email: "grace@harbor.example", initials: "GH" },
  /** With external ids and without a picture. */
  alan: { id: "usr_103845067215791004", name: "Alan Turing", email: "alan@harbor.example", initials: "AT" },
  /** Through single sign-on. */
  katherine: { id: "usr_103845067215791005", name: "Katherine Johnson", email: "katherine@orbital.example", initials: "KJ" },
} as const;

export type Person = (typeof people)[keyof typeof people];

export const organizations = {
  analytical: { id: "org_103845067215790101", name: "Analytical Engines" },
  harbor: { id: "org_103845067215790202", name: "Harbor Compilers", externalId: "harbor-0042" },
  orbital: { id: "org_103845067215790303", name: "Orbital Mechanics" },
} as const;

/** The one-time code that the emulator "sends" to everybody. */
export const oneTimeCode = "424242";

export class Emulator {
  /** Whether it may have kept from its applications that sessions have ended, or ended some without a word. */
  private mayHaveBeenSilent = true;

  constructor(readonly url: string) {}

  async state(): Promise<State> {
    return (await this.call("GET", "state")) as State;
  }

  /** Refreshes that have arrived, whatever became of them. */
  async refreshes(): Promise<number> {
    return (await this.state()).token_calls["refresh_token"] ?? 0;
  }

  /** Code exchanges that have arrived, whatever became of them. */
  async exchanges(): Promise<number> {
    return (await this.state()).token_calls["authorization_code"] ?? 0;
  }

  async resetCounters(): Promise<void> {
    await this.call("POST", "counters/reset", {});
  }

  async change(settings: Settings): Promise<void> {
    this.mayHaveBeenSilent = true;
    await this.call("POST", "settings", settings);
  }

  async breakNext(fault: Fault): Promise<void> {
    this.mayHaveBeenSilent = true;
    await this.call("POST", "faults", fault);
  }

  async repair(): Promise<void> {
    await this.call("DELETE", "faults");
  }

  async tamper(tamper: Tamper): Promise<void> {
    this.mayHaveBeenSilent = true;
    await this.call("POST", "tamper", tamper);
  }

  async sessions(): Promise<ProviderSession[]> {
    return (await this.call("GET", "sessions")) as ProviderSession[];
  }

  /** Ends every live session, as an administrator's "revoke" does. Says how many there were. */
  async endSessions(): Promise<number> {
    const live = (await this.sessions()).filter((session) => session.status === "active");
    for (const session of live) await this.call("POST", `sessions/${session.sid}/end`, {});
    return live.length;
  }

  /** Signs a person in through another application of the environment, without a browser. */
  async signInElsewhere(person: Person): Promise<void> {
    await this.call("POST", "logins", { user: person.id });
  }

  async setRoles(user: string, organization: string, roles: string[]): Promise<void> {
    await this.call("POST", `users/${user}/roles`, { organization, roles });
  }

  /** As after a start: nobody is signed in, neither here nor at an application, which has not forgotten the tests before. */
  async beginAnew(): Promise<void> {
    if (this.mayHaveBeenSilent) {
      await this.reset();
      await this.signOutOfApps(organizations.analytical, people.ada, people.charles);
    } else {
      // Applications are told of each session by name: that keeps nobody from signing in within the same second.
      await this.endSessions();
      await this.everythingIsTold();
      await this.reset();
    }
    this.mayHaveBeenSilent = false;
  }

  /**
   * Makes applications end these people's sessions in an organization, as if they had left it; waits until it is done. The
   * emulator's own memory of it stays.
   */
  async signOutOfApps(organization: { id: string }, ...persons: Person[]): Promise<void> {
    for (const { id } of persons) {
      const data = { organization: { id: organization.id }, user: { id } };
      await this.call("POST", "webhooks/send", { type: "user.organization_membership_deleted", data });
    }
    await this.everythingIsTold();
    // Times are whole seconds: a sign-in of this one may have been under way when the memberships ended, and is refused.
    const { now } = await this.state();
    while ((await this.state()).now <= now) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Back to the seed: no sessions, no faults, counters at zero. */
  async reset(): Promise<void> {
    await this.call("POST", "reset", {});
  }

  /** Waits until applications have been told what there is to tell. */
  private async everythingIsTold(): Promise<void> {
    const isDone = async () => ((await this.call("GET", "deliveries")) as { done: boolean }[]).every(({ done }) => done);
    while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.url}/__emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`The emulator answered ${answer.status} to ${method} ${path}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }
}
