// The page of the API document in a real browser, on a deployed stack: all of it comes from here, and it can be used.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";

const API = setting("API_URL");
const OPERATOR = { email: setting("OPERATOR_EMAIL"), password: setting("OPERATOR_PASSWORD") };

let browser;

function setting(name) {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run these tests with \`make test\` or \`make browser\``);
  return value;
}

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/** Opens the page, and notes whatever should not happen. */
async function visit() {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
  page.setDefaultTimeout(30_000);
  const wrong = [];
  await page.exposeBinding("reportViolation", (_, directive) => wrong.push(`CSP: ${directive}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.reportViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) wrong.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    const here = request.url().startsWith(`${API}/`) || request.url().startsWith("data:");
    if (!here) wrong.push(`elsewhere: ${request.url()}`);
  });
  page.on("requestfailed", (request) => wrong.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  page.on("response", (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });
  const loaded = page.waitForResponse(`${API}/openapi.json`);
  await page.goto(`${API}/docs`);
  assert.equal((await loaded).status(), 200);
  await page.locator(".info .title").waitFor();
  return Object.assign(page, {
    /** Ends the visit; nothing may have gone wrong in it. */
    async leave() {
      await page.close();
      assert.deepEqual(wrong, []);
    },
  });
}

/** Shows the operations of all tags, which are closed at first. */
async function openAllTags(page) {
  const closed = page.locator(".opblock-tag[data-is-open=false]");
  await closed.first().waitFor();
  while ((await closed.count()) > 0) await closed.first().click();
}

test("the page shows every operation of the document, and loads nothing from elsewhere", async () => {
  const page = await visit();
  const document = await (await fetch(`${API}/openapi.json`)).json();
  const methods = ["get", "put", "post", "patch", "delete"];
  const wanted = Object.values(document.paths).flatMap((item) => methods.filter((method) => item[method])).length;
  assert.match(await page.locator(".info .title").innerText(), /^Holdfast/);
  await openAllTags(page);
  assert.equal(await page.locator(".opblock").count(), wanted);
  assert.ok(wanted > 90, `${wanted}`);
  await page.leave();
});

test("an operator signs in by password at our token endpoint, and tries a request", async () => {
  const page = await visit();
  await page.getByRole("button", { name: "Authorize" }).first().click();
  const dialog = page.locator(".auth-container").filter({ hasText: "OAuth2, password" });
  await dialog.locator("#oauth_username").fill(OPERATOR.email);
  await dialog.locator("#oauth_password").fill(OPERATOR.password);
  // Its name for screen readers is a longer one.
  const [tokens] = await Promise.all([
    page.waitForResponse((response) => response.request().method() === "POST"),
    dialog.locator("button.authorize").click(),
  ]);
  assert.equal(tokens.url(), `${API}/token`);
  assert.equal(tokens.status(), 200);
  await dialog.locator("button", { hasText: "Logout" }).waitFor();
  await page.locator("button.btn-done").first().click();

  await page.locator(".operation-filter-input").fill("orders");
  await openAllTags(page);
  const operation = page.locator("#operations-orders-listOrders");
  await operation.locator(".opblock-summary-control").click();
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().startsWith(`${API}/api/v1/admin/orders`)),
    operation.locator("button.execute").click(),
  ]);
  assert.equal(answer.status(), 200);
  assert.match(await answer.request().headerValue("authorization"), /^Bearer ey/);
  await operation.locator(".live-responses-table .response-col_status").filter({ hasText: "200" }).waitFor();
  await page.leave();
});
