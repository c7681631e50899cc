// The operator's page in a real browser, on a deployed stack.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch } from "./chromium.mjs";
import { API, OPERATOR, ask, cancel, customer, giveUp, operatorWithSecondFactor, order, product } from "./stack.mjs";
import { heading, isAccessible, open, picture, sessionCookie, signIn, visit } from "./visit.mjs";

// Runs if anything of it is ever taken for HTML, and breaks the policy then.
const MARKUP = `<img src=x onerror="document.title='taken over'">`;

let browser, sku, anna, waiting, paid, cancelled;

before(async () => {
  [browser, sku, anna] = await Promise.all([launch(), product(`Kettle ${MARKUP}`), customer()]);
  waiting = await order(anna, sku, { street: MARKUP });
  paid = await order(anna, sku, { card: "tok_success" });
  cancelled = await order(anna, sku);
  await cancel(anna, cancelled, `ordered twice ${MARKUP}`);
});

after(() => browser?.close());

test("the page and its files come with a strict policy, and are not sent twice", async () => {
  for (const file of ["/ops", "/ops/page.js", "/ops/page.css", "/ops/icon.svg"]) {
    const answer = await fetch(API + file);
    assert.equal(answer.status, 200, file);
    const policy = answer.headers.get("content-security-policy");
    assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    const again = await fetch(API + file, { headers: { "if-none-match": answer.headers.get("etag") } });
    assert.equal(again.status, 304, file);
  }
});

test("a wrong password is told, and leaves nobody signed in", async () => {
  const page = await visit(browser, { expected: [400, 401] });
  await heading(page, "Sign in");
  await isAccessible(page);
  await picture(page, "sign-in");
  await signIn(page, { ...OPERATOR, password: "not the password" });
  await page.getByRole("alert").filter({ hasText: "Wrong login or password." }).waitFor();
  assert.equal(await page.getByLabel("Password").inputValue(), "");
  assert.ok(await page.getByLabel("Password").evaluate((field) => field === document.activeElement));
  assert.ok(await page.getByRole("navigation").isHidden());
  await isAccessible(page);
  await page.leave();
});

test("an operator signs in by keyboard alone, stays signed in over a reload, and is signed out by signing out", async () => {
  const page = await visit(browser);
  await heading(page, "Sign in");
  await page.keyboard.press("Tab");
  await page.keyboard.type(OPERATOR.email);
  await page.keyboard.press("Tab");
  await page.keyboard.type(OPERATOR.password);
  await page.keyboard.press("Enter");
  await heading(page, "Overview");
  await page.getByText(OPERATOR.email, { exact: true }).waitFor();
  for (let reload = 0; reload < 2; reload += 1) {
    await page.reload();
    await heading(page, "Overview");
    await page.getByText(OPERATOR.email, { exact: true }).waitFor();
  }
  const { value: refreshToken } = await sessionCookie(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.getByText("You are signed out.").waitFor();
  assert.equal(await sessionCookie(page), undefined);
  await page.reload();
  await heading(page, "Sign in");
  await page.goBack().catch(() => {});
  assert.equal(await page.getByText(OPERATOR.email, { exact: true }).isVisible(), false);
  await ask(401, "POST", "/api/v1/auth/refresh", { refreshToken });
  await page.leave();
});

test("no script can read the refresh token", async () => {
  const page = await visit(browser);
  const bodies = [];
  page.on("response", async (response) => {
    if (response.url().startsWith(`${API}/ops/session`)) bodies.push(await response.text().catch(() => ""));
  });
  await signIn(page);
  await heading(page, "Overview");
  await page.reload();
  await heading(page, "Overview");
  const cookie = await sessionCookie(page);
  assert.equal(cookie.path, `${new URL(API).pathname.replace(/\/$/, "")}/ops/session`);
  assert.deepEqual([cookie.httpOnly, cookie.secure, cookie.sameSite, cookie.expires], [true, true, "Strict", -1]);
  const readable = await page.evaluate(() => JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, window.name, document.documentElement.outerHTML]));
  assert.ok(!readable.includes(cookie.value) && !readable.includes("__Secure-"));
  // The first page found no session: 204.
  const told = bodies.filter((body) => body !== "");
  assert.equal(told.length, 2);
  for (const body of told) assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ["accessToken", "expiresIn", "scope", "tokenType", "userId"]);
  await page.leave();
});

test("an account with a second factor is asked for its code", async () => {
  const olga = await operatorWithSecondFactor();
  const page = await visit(browser, { expected: [401] });
  const code = page.getByLabel("Code of the authenticator app");
  await signIn(page, olga);
  await page.getByText("Type the code that your authenticator app shows.").waitFor();
  assert.ok(await code.evaluate((field) => field === document.activeElement));
  await isAccessible(page);
  await picture(page, "second-factor");
  await code.fill("000000");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "The code of the second factor is wrong" }).waitFor();
  // The code before it confirmed the enrolment, and each works once.
  await code.fill(olga.code(1));
  await page.keyboard.press("Enter");
  await heading(page, "Overview");
  await page.reload();
  await heading(page, "Overview");
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await signIn(page, olga);
  await code.fill(olga.recoveryCodes[0].toLowerCase());
  await page.keyboard.press("Enter");
  await heading(page, "Overview");
  await page.leave();
});

test("signing out in one tab ends the session of the others", async () => {
  const page = await visit(browser);
  await page.clock.install();
  await signIn(page);
  await heading(page, "Overview");
  const other = await page.context().newPage();
  await other.goto(`${API}/ops`);
  await heading(other, "Overview");
  await other.getByRole("button", { name: "Sign out" }).click();
  await heading(other, "Sign in");
  await page.clock.fastForward("15:00");
  await page.getByRole("navigation", { name: "Views" }).getByRole("link", { name: "Orders", exact: true }).click();
  await heading(page, "Sign in");
  await page.leave();
});

test("a session that was ended elsewhere is not resumed", async () => {
  const page = await visit(browser, { expected: [401] });
  await signIn(page);
  await heading(page, "Overview");
  const { value: refreshToken } = await sessionCookie(page);
  await ask(204, "POST", "/api/v1/auth/logout", { refreshToken });
  await page.reload();
  await heading(page, "Sign in");
  await page.leave();
});

test("a customer is told that there is nothing for them", async () => {
  const page = await visit(browser);
  await signIn(page, anna);
  await heading(page, "This account has no rights here");
  assert.ok(await page.getByRole("navigation").isHidden());
  await isAccessible(page);
  await picture(page, "no-rights");
  await page.leave();
});

test("the overview shows the last hours as bars and as a table", async () => {
  const page = await visit(browser);
  await signIn(page);
  await heading(page, "Overview");
  const table = page.getByRole("table", { name: "Orders by hour, the newest first" });
  await table.waitFor();
  assert.equal(await table.locator("tbody tr").count(), 12);
  const cells = await table.locator("tbody tr").first().locator("td").allInnerTexts();
  const numbers = cells.map((text) => Number(text.replaceAll(/\D/g, "")));
  const total = numbers.slice(1).reduce((sum, number) => sum + number, 0);
  assert.equal(numbers[0], total, "those placed are those of all statuses");
  const placed = await page.locator(".tile.all dd").innerText();
  assert.ok(Number(placed.replaceAll(/\D/g, "")) >= 3, placed);
  await page.getByRole("img", { name: "Orders by hour" }).waitFor();
  assert.ok((await page.locator("svg rect.sold").count()) >= 1);
  await isAccessible(page);
  await picture(page, "overview");
  await page.getByLabel("The last").selectOption("24");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 24);
  assert.match(page.url(), /#\/overview\?hours=24$/);
  await page.leave();
});

test("orders are listed by status, page by page", async () => {
  const page = await visit(browser);
  await signIn(page);
  await open(page, "Orders");
  const row = (number) => page.getByRole("row").filter({ has: page.getByRole("link", { name: String(number), exact: true }) });
  await row(waiting.number).getByText("Awaiting payment").waitFor();
  await isAccessible(page);
  await picture(page, "orders");
  await page.getByLabel("Status").selectOption("cancelled");
  await row(cancelled.number).getByText("Cancelled").waitFor();
  assert.equal(await row(waiting.number).count(), 0);
  await page.getByLabel("Status").selectOption("");
  await row(waiting.number).waitFor();
  await row(paid.number).getByRole("link").click();
  await heading(page, `Order ${paid.number}`);
  await page.goBack();
  await heading(page, "Orders");
  await page.leave();
});

test("an order is found by its number and by its id, with its payment and its timeline", async () => {
  const page = await visit(browser, { expected: [404] });
  await signIn(page);
  const search = page.getByRole("search").getByLabel("Order number or id");
  await search.fill(` ${paid.number} `);
  await search.press("Enter");
  await heading(page, `Order ${paid.number}`);
  const timeline = page.getByRole("region", { name: "Timeline" }).getByRole("listitem");
  await timeline.first().waitFor();
  assert.deepEqual(await timeline.locator(".what").allInnerTexts(), ["Order placed", "Order paid"]);
  assert.match(await timeline.first().innerText(), /by the customer/);
  const payment = page.getByRole("region", { name: "Payment" });
  await payment.getByText("Succeeded").waitFor();
  await payment.getByText(paid.payment.paymentId).waitFor();
  await page.getByRole("cell", { name: "RUB 4,998.00" }).first().waitFor();
  await isAccessible(page);
  await picture(page, "order");
  await search.fill(cancelled.id);
  await page.getByRole("button", { name: "Find" }).click();
  await heading(page, `Order ${cancelled.number}`);
  await search.fill("12345");
  await search.press("Enter");
  await page.getByText("There is no such order.").waitFor();
  await page.leave();
});

test("what a customer wrote is shown as it is and never run", async () => {
  const page = await visit(browser);
  await signIn(page);
  for (const [number, text] of [[waiting.number, MARKUP], [cancelled.number, `ordered twice ${MARKUP}`]]) {
    await page.goto(`${API}/ops#/orders/${number}`);
    await heading(page, `Order ${number}`);
    await page.getByText(text).first().waitFor();
    await page.getByText(`Kettle ${MARKUP}`).waitFor();
    assert.equal(await page.locator("main img").count(), 0);
  }
  assert.match(await page.title(), /^Order \d+ – Holdfast operations$/);
  await page.leave();
});

test("stock is shown by warehouse", async () => {
  const page = await visit(browser, { expected: [404] });
  await signIn(page);
  await open(page, "Stock");
  await page.getByLabel("SKU").fill(sku);
  await page.getByRole("button", { name: "Look up" }).click();
  const table = page.getByRole("table", { name: "By warehouse" });
  await table.waitFor();
  const rows = await table.locator("tr").allInnerTexts();
  // Two orders of two hold their goods or have them, and the third gave them back.
  assert.deepEqual(rows.map((row) => row.split(/\s+/).at(0)), ["Warehouse", "msk-1", "spb-1", "Together"]);
  assert.match(rows[3], /^Together\s+43\s+2$/);
  await isAccessible(page);
  await picture(page, "stock");
  await page.getByLabel("SKU").fill("nothing-of-the-kind");
  await page.getByLabel("SKU").press("Enter");
  await page.getByText("Nothing was ever said of the stock").waitFor();
  await page.leave();
});

test("dead letters are looked at, and sent again once that is confirmed", async () => {
  await giveUp("NotifierDeadLetters");
  const page = await visit(browser);
  await signIn(page);
  await open(page, "Dead letters");
  const row = (queue) => page.getByRole("row").filter({ has: page.getByRole("rowheader", { name: queue }) });
  const waits = async (queue) => Number(await row(queue).getByRole("cell").nth(1).innerText());
  await row("NotifierDeadLetters").waitFor();
  const before = await waits("NotifierDeadLetters");
  assert.ok(before >= 1);
  for (const queue of ["PublisherFailures", "WatcherFailures", "SecretsDeadLetters"]) {
    await row(queue).getByText("never sent again").waitFor();
  }
  await isAccessible(page);
  await picture(page, "dead-letters");
  const send = page.getByRole("button", { name: "Send again: NotifierDeadLetters" });
  await send.click();
  const question = page.getByRole("dialog", { name: /of NotifierDeadLetters again\?$/ });
  await question.waitFor();
  await isAccessible(page);
  await picture(page, "dead-letters-question");
  await page.keyboard.press("Escape");
  await question.waitFor({ state: "detached" });
  assert.equal(await waits("NotifierDeadLetters"), before, "nothing is done without a yes");
  await send.click();
  await question.getByRole("button", { name: "Send again" }).click();
  await page.getByRole("status").filter({ hasText: /^\d+ messages? of NotifierDeadLetters sent again\.$/ }).waitFor();
  assert.equal(await waits("NotifierDeadLetters"), 0);
  await page.leave();
});

test("a session that is over is renewed once, and nobody notices", async () => {
  const page = await visit(browser);
  await page.clock.install();
  await signIn(page);
  await heading(page, "Overview");
  const renewals = [];
  page.on("request", (request) => {
    if (request.url().startsWith(`${API}/ops/session`)) renewals.push(request.url().slice(API.length));
  });
  await page.clock.fastForward("15:00");
  await page.goto(`${API}/ops#/orders/${paid.number}`);
  await page.getByRole("region", { name: "Timeline" }).waitFor();
  assert.deepEqual(renewals, ["/ops/session/refresh"]);
  await page.leave();
});

test("it is readable in the dark and on a narrow screen", async () => {
  const page = await visit(browser, { colorScheme: "dark", viewport: { width: 390, height: 844 } });
  await signIn(page);
  await page.getByRole("table").waitFor();
  await isAccessible(page);
  await picture(page, "overview-dark-narrow");
  for (const view of ["Orders", "Stock", "Dead letters"]) {
    await open(page, view);
    await isAccessible(page);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, `${view} scrolls sideways`);
  }
  await page.goto(`${API}/ops#/orders/${cancelled.number}`);
  await page.getByRole("region", { name: "Timeline" }).waitFor();
  await isAccessible(page);
  await picture(page, "order-dark-narrow");
  await page.leave();
});
