// The page of the API document in a real browser, on a deployed stack: all of it comes from here, and it can be used.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { API, OPERATOR } from "./stack.mjs";
import { visit } from "./visit.mjs";

let browser;

before(async () => {
  browser = await launch();
});

after(() => browser?.close());

/** Opens the page, with all that it shows at first. */
async function visitDocs() {
  const page = await visit(browser, { path: "docs", viewport: { width: 1280, height: 1600 } });
  await page.locator(".info .title").waitFor();
  return page;
}

/** Shows the operations of all tags, which are closed at first. */
async function openAllTags(page) {
  const closed = page.locator(".opblock-tag[data-is-open=false]");
  await closed.first().waitFor();
  while ((await closed.count()) > 0) await closed.first().click();
}

test("the page shows every operation of the document, and loads nothing from elsewhere", async () => {
  const page = await visitDocs();
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
  const page = await visitDocs();
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
