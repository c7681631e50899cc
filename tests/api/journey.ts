/**
 * A customer's journey through the TypeScript client that OpenAPI Generator makes: see docs/api.md.
 *
 * The compiler holds every request and answer to the client's types. `tests/stack/client.py` makes the client, compiles and runs this;
 * `journey.py` goes the same way in Python.
 */

import { deepStrictEqual as equal, ok } from "node:assert";
import { randomBytes } from "node:crypto";

import {
  AccountsApi,
  CartApi,
  CatalogApi,
  type CheckedOutOrder,
  Configuration,
  MeApi,
  type Order,
  OrdersApi,
  type OrderStatus,
  PaymentsApi,
  type Problem,
  ProblemFromJSON,
  ResponseError,
  SandboxApi,
  SessionsApi,
  StockApi,
} from "../../target/api-client/typescript-fetch/index";

const PRICE = 349000;

/** The value of an environment variable that has to be set. */
function given(name: string): string {
  const value = process.env[name];
  ok(value, `${name} is not set`);
  return value;
}

/** The API for one caller: with an access token, or for anyone without. */
class Caller {
  readonly accounts: AccountsApi;
  readonly sessions: SessionsApi;
  readonly me: MeApi;
  readonly catalog: CatalogApi;
  readonly stock: StockApi;
  readonly cart: CartApi;
  readonly orders: OrdersApi;
  readonly payments: PaymentsApi;
  readonly sandbox: SandboxApi;

  constructor(token?: string) {
    // This generator writes `Bearer` before the token of the scheme `bearer`, and not before that of an OAuth scheme.
    const accessToken = (scheme?: string): string => (scheme === "bearer" ? (token ?? "") : `Bearer ${token}`);
    const client = new Configuration({ basePath: given("API_URL"), ...(token === undefined ? {} : { accessToken }) });
    this.accounts = new AccountsApi(client);
    this.sessions = new SessionsApi(client);
    this.me = new MeApi(client);
    this.catalog = new CatalogApi(client);
    this.stock = new StockApi(client);
    this.cart = new CartApi(client);
    this.orders = new OrdersApi(client);
    this.payments = new PaymentsApi(client);
    this.sandbox = new SandboxApi(client);
  }
}

const ANYONE = new Caller();

/** The problem that a call is refused with, which must have this status. */
async function refused(status: number, call: Promise<unknown>): Promise<Problem> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    equal(error.response.status, status);
    return ProblemFromJSON(await error.response.json());
  }
  throw new Error(`${status} was expected`);
}

/** Registers an account, logs in and reads the profile. */
async function customer(): Promise<Caller> {
  const [email, password] = [`client-${randomBytes(6).toString("hex")}@holdfast.test`, randomBytes(12).toString("base64url")];
  const registrationByEmail = { firstName: "Зоя", lastName: "Client 🐢", email, password };
  const user = await ANYONE.accounts.registerByEmail({ registrationByEmail });
  equal([user.email, user.phone, user.emailVerified], [email, undefined, false]);
  equal((await refused(409, ANYONE.accounts.registerByEmail({ registrationByEmail }))).code, "email_taken");
  const tokens = await ANYONE.sessions.logInByEmail({ loginByEmail: { email, password } });
  const known = new Caller(tokens.accessToken);
  equal(await known.me.getMe(), user);
  return known;
}

/** Logs the stack's operator in, by the form that clients of the older contract send. */
async function operator(): Promise<Caller> {
  const [username, password] = [given("OPERATOR_EMAIL"), given("OPERATOR_PASSWORD")];
  const token = await ANYONE.sessions.issueToken({ grantType: "password", username, password });
  return new Caller(token.accessToken);
}

/** Creates a product with a stock of five, which any caller finds in the list. */
async function product(merchant: Caller): Promise<string> {
  const [sku, name] = [`client-${randomBytes(6).toString("hex")}`, `Чайник 🫖 ${randomBytes(4).toString("hex")}`];
  const created = await merchant.catalog.putProduct({ id: sku, productDetails: { currency: "RUB", name, price: PRICE } });
  equal([created.name, created.price], [name, PRICE]);
  const stock = await merchant.stock.putStock({ sku, stockChange: { warehouse: "msk-1", available: 5 } });
  equal(stock.available, 5);
  const page = await ANYONE.catalog.listProducts({ q: name, limit: 5 });
  equal(page.items.map((each) => [each.id, each.stock]), [[sku, 5]]);
  return sku;
}

/** Puts the product into the cart and checks it out. */
async function order(buyer: Caller, sku: string, quantity: number): Promise<CheckedOutOrder> {
  const cart = await buyer.cart.putCartItem({ sku, cartLineChange: { quantity } });
  equal(cart.items.map((each) => [each.sku, each.quantity]), [[sku, quantity]]);
  const checkoutRequest = { country: "RU", region: "Москва", city: "Москва", street: "Тверская, 1" };
  const placed = await buyer.orders.checkout({ idempotencyKey: randomBytes(8).toString("hex"), checkoutRequest });
  equal([placed.status, placed.totalAmount, placed.city], ["awaiting_payment", quantity * PRICE, "Москва"]);
  equal((await buyer.cart.getCart()).items, []);
  return placed;
}

/** Reads the order, which must be in this status, by its id and by its number. */
async function seen(viewer: Caller, placed: CheckedOutOrder, status: OrderStatus): Promise<Order> {
  const now = await viewer.orders.getOrder({ id: placed.id });
  equal(now.status, status);
  equal(await viewer.orders.getOrder({ id: placed.number }), now);
  return now;
}

/** Pays on the provider's page, and has the order confirmed. */
async function paysOnThePage(buyer: Caller, merchant: Caller, sku: string): Promise<void> {
  const placed = await order(buyer, sku, 2);
  const reference = new URL(placed.paymentUrl ?? "").pathname.split("/").at(-1) ?? "";
  ok((await ANYONE.sandbox.showSandboxPayment({ reference })).includes(String(placed.number)));
  await ANYONE.sandbox.decideSandboxPayment({ reference, decision: "pay" });
  equal((await seen(buyer, placed, "paid")).payment?.status, "succeeded");
  equal((await refused(403, buyer.orders.confirmOrder({ id: placed.id }))).code, "insufficient_scope");
  equal((await merchant.orders.confirmOrder({ id: placed.id })).status, "confirmed");
  await seen(buyer, placed, "confirmed");
}

/** Pays by card, which is charged at once, and has the order cancelled by the operator. */
async function paysByCardAndIsCancelled(buyer: Caller, merchant: Caller, sku: string): Promise<void> {
  const address = { country: "RU", region: "Москва", city: "Москва", street: "Тверская, 1" };
  const { orderId } = await buyer.orders.placeOrder({ placeOrderRequest: { ...address, items: [{ quantity: 1, productId: sku }] } });
  const begun = await buyer.payments.payOrder({ id: orderId, payOrderRequest: { method: "card", cardToken: "tok_success" } });
  equal(begun.status, "succeeded");
  const cancelOrderRequest = { reason: "Разбился при упаковке" };
  const cancelled = await merchant.orders.cancelOrder({ id: orderId, cancelOrderRequest });
  equal([cancelled.status, cancelled.cancellationReason], ["cancelled", cancelOrderRequest.reason]);
  const { refunds } = await buyer.payments.getPayment({ id: begun.paymentId });
  equal(refunds.map((each) => [each.amount, each.cause]), [[PRICE, "order_cancelled"]]);
  equal((await refused(409, merchant.orders.cancelOrder({ id: orderId, cancelOrderRequest }))).code, "order_already_finalized");
}

/** Goes the whole way. */
async function main(): Promise<void> {
  const [merchant, buyer, stranger] = [await operator(), await customer(), await customer()];
  const sku = await product(merchant);
  await paysOnThePage(buyer, merchant, sku);
  await paysByCardAndIsCancelled(buyer, merchant, sku);
  equal((await ANYONE.catalog.getProduct({ id: sku })).stock, 3);
  const [second, first] = (await buyer.orders.listMyOrders()).items;
  ok(first && second);
  equal([second.status, first.status], ["cancelled", "confirmed"]);
  equal((await refused(403, stranger.orders.getOrder({ id: first.id }))).code, "not_your_order");
  console.log(`  the TypeScript client went the whole way: orders ${first.number} and ${second.number}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
