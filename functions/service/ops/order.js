// One order: what it is, its payment, and everything that happened to it.

import { Refusal, get, may } from "./api.js";
import { badge, facts, h, money, table, time, words } from "./dom.js";

/** The view `#/orders/<number or id>`. */
export async function order(place, reference) {
  place.title("Order", `Order ${reference}`);
  const path = `api/v1/orders/${encodeURIComponent(reference)}`;
  place.say("Loading …");
  const found = await get(path).catch((problem) => {
    if (!(problem instanceof Refusal) || problem.status !== 404) throw problem;
    return null;
  });
  if (!found) {
    place.say("");
    place.add(h("p", { class: "nothing" }, "There is no such order. An order is found by its number, or by its whole id."));
    return;
  }
  const [history, payment] = await Promise.all([events(path), paid(found)]);
  place.title(`Order ${found.number}`, `Order ${found.number}`);
  place.say("");
  place.add(
    h("div", { class: "columns" },
      h("section", { class: "card", "aria-labelledby": "about" }, h("h2", { id: "about" }, "The order"), about(found)),
      h("section", { class: "card", "aria-labelledby": "payment" }, h("h2", { id: "payment" }, "Payment"), payment)),
    lines(found),
    h("section", { "aria-labelledby": "timeline" }, h("h2", { id: "timeline" }, "Timeline"), timeline(history, found)));
}

/** The whole history, page by page. */
async function events(path) {
  const all = [];
  let cursor = "";
  do {
    const page = await get(`${path}/events?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    all.push(...page.items);
    cursor = page.nextCursor ?? "";
  } while (cursor);
  return all;
}

function about(order) {
  return facts([
    ["Status", badge(order.status)],
    ["Total", money(order.totalAmount, order.currency)],
    ["Placed", time(order.createdAt)],
    ["Changed", time(order.updatedAt)],
    ["To be paid by", time(order.expiresAt)],
    ["Cancelled", time(order.canceledAt)],
    ["Reason", order.cancellationReason],
    ["Address", [order.street, order.city, order.region, order.country].filter(Boolean).join(", ")],
    ["Customer", h("code", {}, order.userId)],
    ["Id", h("code", {}, order.id)],
  ]);
}

async function paid(order) {
  if (!order.payment) return h("p", { class: "nothing" }, "No payment was begun.");
  const { paymentId, status } = order.payment;
  const known = [["Status", badge(status)], ["Payment", h("code", {}, paymentId)]];
  if (!may("payments:write")) return [facts(known), h("p", { class: "note" }, "Amounts, refunds and failures are shown to accounts with the scope payments:write.")];
  const payment = await get(`api/v1/payments/${paymentId}`);
  const sum = (amount) => money(amount, payment.currency);
  const refunds = payment.refunds.map((refund) => [h("code", {}, refund.refundId), badge(refund.status), sum(refund.amount), words(refund.cause), time(refund.createdAt)]);
  return [
    facts([
      ["Status", badge(payment.status)],
      ["Method", words(payment.method)],
      ["Amount", sum(payment.amount)],
      ["Taken", payment.capturedAmount === undefined ? undefined : sum(payment.capturedAmount)],
      ["Refunded", payment.refundedAmount ? sum(payment.refundedAmount) : undefined],
      ["Failure", payment.failure && [payment.failure.code, payment.failure.message].filter(Boolean).join(": ")],
      ["Changed", time(payment.updatedAt)],
      known[1],
    ]),
    refunds.length ? table("Refunds", ["Refund", "Status", { title: "Amount", number: true }, "Cause", "Begun"], refunds) : null,
  ];
}

function lines(order) {
  const sum = (amount) => money(amount, order.currency);
  const rows = order.items.map((item) => [
    h("a", { href: `#/stock/${encodeURIComponent(item.productId)}` }, item.productId),
    item.name,
    String(item.quantity),
    sum(item.unitPrice),
    sum(item.totalAmount),
  ]);
  const number = (title) => ({ title, number: true });
  return table("What was ordered", ["SKU", "Name", number("Pieces"), number("Each"), number("Together")], rows,
    ["Total", "", String(order.totals.totalQuantity), "", sum(order.totalAmount)]);
}

function timeline(history, order) {
  return h("ol", { class: "timeline" }, history.map((event) => {
    const { totalAmount, currency } = event.data ?? {};
    return h("li", {},
      h("p", { class: "what" }, words(event.type.slice(event.type.indexOf(".") + 1))),
      h("p", { class: "when" }, time(event.at), " by ", by(event.by, order)),
      event.why && h("p", {}, event.why),
      Number.isInteger(totalAmount) && currency && h("p", { class: "note" }, money(totalAmount, currency)));
  }));
}

function by({ kind, id, job }, order) {
  if (kind === "customer") return id === order.userId ? "the customer" : "a customer";
  if (kind === "operator") return id ? ["an operator, ", h("code", {}, id.slice(0, 8))] : "an operator";
  if (kind === "provider") return "the payment provider";
  return job ? ["the system, ", h("code", {}, job)] : "the system";
}
