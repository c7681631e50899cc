// Orders by status, the newest first.

import { get } from "./api.js";
import { badge, h, money, table, time, words } from "./dom.js";

const STATUSES = ["new", "awaiting_payment", "paid", "confirmed", "shipped", "delivered", "cancelled", "failed"];
const PAGE = 25;

/** The view `#/orders?status=...`. */
export async function orders(place, _, query) {
  const status = STATUSES.includes(query.get("status")) ? query.get("status") : "";
  place.title("Orders", "Orders");
  const choice = h("select", { id: "by-status", onchange: () => { location.hash = choice.value ? `#/orders?status=${choice.value}` : "#/orders"; } },
    h("option", { value: "" }, "Every status"),
    STATUSES.map((name) => h("option", { value: name, selected: name === status }, words(name))));
  const list = h("div");
  const more = h("button", { type: "button", class: "quiet", hidden: true, onclick: next }, "Show more");
  place.add(h("div", { class: "tools" }, h("label", { for: "by-status" }, "Status"), choice), list, more);

  let [found, cursor] = [[], null];
  await next();

  async function next() {
    more.disabled = true;
    place.say("Loading …");
    try {
      const parameters = new URLSearchParams({ limit: PAGE, ...(status && { status }), ...(cursor && { cursor }) });
      const page = await get(`api/v1/admin/orders?${parameters}`);
      const began = found.length;
      found = found.concat(page.items);
      cursor = page.nextCursor ?? null;
      more.hidden = !cursor;
      list.replaceChildren(found.length ? listed(found) : h("p", { class: "nothing" }, cursor ? "None among those that were looked at." : "There are none."));
      place.say(`${found.length} ${found.length === 1 ? "order" : "orders"} shown${cursor ? ", and there are more" : ""}.`);
      // Who asked for more reads on at the first new one.
      if (began) list.querySelectorAll("tbody a")[began]?.focus();
    } catch (problem) {
      place.warn(problem);
    } finally {
      more.disabled = false;
    }
  }
}

function listed(found) {
  const rows = found.map((order) => [
    h("a", { href: `#/orders/${order.number}` }, String(order.number)),
    badge(order.status),
    money(order.totalAmount, order.currency),
    time(order.createdAt),
    h("code", { title: order.userId }, order.userId.slice(0, 8)),
  ]);
  return table("Orders, the newest first", ["Number", "Status", { title: "Total", number: true }, "Placed", "Customer"], rows);
}
