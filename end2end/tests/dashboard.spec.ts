import { expect, organizations, people, test } from "../fixtures.ts";
import { Dashboard } from "../page-objects/dashboard.ts";
import { hydrated } from "../support/hydration.ts";

test.describe("The dashboard", () => {
  test("greets person and organization and explains their roles and permissions", async ({ page, signIn, emulator }) => {
    await emulator.tamper({ token: "access", claims: { organization_name: organizations.analytical.name } });
    await signIn(page, people.charles, "/dashboard");
    const dashboard = new Dashboard(page);
    await expect(dashboard.greeting).toContainText("Charles");
    await expect(dashboard.lead).toContainText(organizations.analytical.name);
    await expect(dashboard.roles).toContainText("member");
    await expect(dashboard.roles).toContainText("Uses the product as part of the organization.");
    for (const permission of ["projects:read", "projects:write", "members:read"]) {
      await expect(dashboard.permissions).toContainText(permission);
    }
    await expect(dashboard.permissions).toContainText("May read projects.");
    await expect(dashboard.permissions).not.toContainText("billing:read");
  });

  test("counts down to the access token's end", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    const { countdown } = new Dashboard(page);
    await hydrated(page);
    const first = await countdown.textContent();
    await expect(countdown).not.toHaveText(first ?? "");
  });

  test("ticks the next steps that this process's settings show as done", async ({ page, signIn }) => {
    await signIn(page, people.ada, "/dashboard");
    const dashboard = new Dashboard(page);
    // The tests name a database file, but an emulator as the environment, and they serve plain http.
    await expect(dashboard.nextStep("Sign in for the first time")).toContainText("(done)");
    await expect(dashboard.nextStep("Keep sessions across restarts")).toContainText("(done)");
    await expect(dashboard.nextStep("Connect your Scalekit environment")).toContainText("(to do)");
    await expect(dashboard.nextStep("Serve it over https")).toContainText("(to do)");
  });

  test("shows changed roles from the next refresh on, without a new sign-in", async ({ page, signIn, emulator }) => {
    await emulator.change({ access_token_lifetime: 3 });
    await signIn(page, people.charles, "/dashboard");
    await expect(new Dashboard(page).roles).toContainText("member");
    await emulator.setRoles(people.charles.id, organizations.analytical.id, ["admin"]);
    // The open page refreshes by itself and shows what the new token says.
    await expect(new Dashboard(page).roles).toContainText("admin");
    await expect(new Dashboard(page).permissions).toContainText("members:manage");
  });
});
